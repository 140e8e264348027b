import { Button, Select } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { REQUEST_STATUSES } from '../../../src/api/contract/words.ts'
import { ask } from '../api/client.ts'
import { Empty } from '../components/empty.tsx'
import { Loaded } from '../components/loaded.tsx'
import { type Column, Table } from '../components/table.tsx'
import { Tag, type Tone } from '../components/tag.tsx'
import { useMay } from '../rights.ts'
import { named, number, t } from '../text.ts'
import { ago, fullTime } from '../time.ts'
import { Lift } from './lift.tsx'
import { NewRequest } from './new-request.tsx'
import { RequestDetail } from './request-detail.tsx'

interface Summary {
  readonly id: string
  readonly kind: string
  readonly status: string
  readonly at: string
  readonly due_at: string
  readonly overdue: boolean
  readonly leads: number | null
}

const TONE: Readonly<Record<string, Tone>> = { working: 'info', waiting: 'warn', done: 'good' }

/** What persons asked for, how far it is, and which recipients have not answered yet. */
export const RequestsTab = () => {
  const may = useMay()
  const [isMaking, setMaking] = useState(false)
  const [isLifting, setLifting] = useState(false)
  const [status, setStatus] = useState<string | null>(null)
  const [open, setOpen] = useState<string | null>(null)
  const requests = useInfiniteQuery({
    queryKey: ['privacy', 'list', status],
    queryFn: ({ pageParam }) =>
      ask('/api/v1/privacy/requests', {
        query: { limit: 50, status, cursor: pageParam },
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: 10_000,
  })
  const rows = requests.data?.pages.flatMap(({ items }) => items) ?? []
  const columns: readonly Column<Summary>[] = [
    {
      key: 'kind',
      head: t('privacy.kind'),
      cell: ({ kind }) => <span className="cell-main">{named('privacy_kind', kind)}</span>,
    },
    {
      key: 'status',
      head: t('queues.state'),
      cell: ({ status: stands, overdue }) => (
        <Tag tone={overdue ? 'bad' : (TONE[stands] ?? 'quiet')}>
          {named('privacy_status', stands)}
          {overdue && ` · ${t('privacy.overdue')}`}
        </Tag>
      ),
    },
    { key: 'leads', head: t('nav.leads'), end: true, cell: ({ leads }) => (leads === null ? '–' : number(leads)) },
    { key: 'at', head: t('privacy.at'), cell: ({ at }) => <span title={fullTime(at)}>{ago(at)}</span> },
    { key: 'due', head: t('privacy.due'), cell: ({ due_at }) => <span title={fullTime(due_at)}>{ago(due_at)}</span> },
    {
      key: 'open',
      head: t('privacy.details'),
      quiet: true,
      end: true,
      cell: ({ id }) => (
        <Button variant="default" aria-expanded={open === id} onClick={() => setOpen(open === id ? null : id)}>
          {t('privacy.details')}
        </Button>
      ),
    },
  ]
  const acts = may('privacy.edit') && (
    <>
      <Button variant="default" onClick={() => setLifting(true)}>
        {t('privacy.lift')}
      </Button>
      <Button onClick={() => setMaking(true)}>{t('privacy.new')}</Button>
    </>
  )
  return (
    <>
      {isMaking && <NewRequest onClose={() => setMaking(false)} />}
      {isLifting && <Lift onClose={() => setLifting(false)} />}
      <Loaded query={requests}>
        {() =>
          rows.length === 0 && status === null ? (
            <Empty title={t('privacy.none')} text={t('privacy.none_text')} action={<div className="row">{acts}</div>} />
          ) : (
            <Table
              label={t('nav.privacy')}
              title={t('privacy.requests')}
              actions={
                <span className="row">
                  <Select
                    aria-label={t('queues.state')}
                    placeholder={t('privacy.any')}
                    clearable
                    clearButtonProps={{ 'aria-label': t('privacy.any') }}
                    w={170}
                    data={REQUEST_STATUSES.map((each) => ({ value: each, label: named('privacy_status', each) }))}
                    value={status}
                    onChange={setStatus}
                  />
                  {acts}
                </span>
              }
              rows={rows}
              none={t('privacy.none')}
              columns={columns}
              rowKey={({ id }) => id}
              below={({ id }) => (open === id ? <RequestDetail id={id} /> : null)}
              more={{
                on: requests.hasNextPage,
                busy: requests.isFetchingNextPage,
                load: () => void requests.fetchNextPage(),
              }}
            />
          )
        }
      </Loaded>
    </>
  )
}
