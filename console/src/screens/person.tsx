import { Button } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import { Figures } from '../components/figures.tsx'
import { Loaded } from '../components/loaded.tsx'
import { type Column, Table } from '../components/table.tsx'
import { Merge } from '../person/merge.tsx'
import { PersonTimeline } from '../person/timeline.tsx'
import { ConsentCard } from '../privacy/consent-card.tsx'
import { useMay } from '../rights.ts'
import { Page } from '../shell/page.tsx'
import { named, number, t, tn } from '../text.ts'
import { ago, fullTime } from '../time.ts'

interface Survivor {
  readonly name: string
  readonly value: unknown
  readonly valid: boolean
  readonly rule: string | null
  readonly others: number
  readonly lead_id: string
  readonly flow: string
  readonly source: string
  readonly at: string
}

const columns: readonly Column<Survivor>[] = [
  { key: 'field', head: t('submit.field'), cell: ({ name }) => <span className="faint">{name}</span> },
  {
    key: 'value',
    head: t('person.value'),
    cell: ({ value, valid }) => (
      <span className={valid ? 'cell-main' : 'count-bad'}>
        {value === null ? '–' : typeof value === 'object' ? JSON.stringify(value) : String(value)}
      </span>
    ),
  },
  {
    key: 'from',
    head: t('person.from'),
    cell: ({ lead_id, flow, source, at }) => (
      <>
        <Link to="/leads/$id" params={{ id: lead_id }}>
          {source}
        </Link>{' '}
        <span className="faint" title={fullTime(at)}>
          {flow} · {ago(at)}
        </span>
      </>
    ),
  },
  {
    key: 'why',
    head: t('person.why'),
    cell: ({ rule, others }) =>
      rule === null || others === 0 ? (
        <span className="faint">{t('person.agreed')}</span>
      ) : (
        tn('person.decided', others, { rule: named('survive', rule) })
      ),
  },
]

/** Who it is, field by field with where each value came from, and what happened with them over time. */
export const Person = () => {
  const { id } = useParams({ from: '/persons/$id' })
  const may = useMay()
  const [isMerging, setMerging] = useState(false)
  const person = useQuery({ queryKey: ['person', id], queryFn: () => ask(`/api/v1/persons/${id}`) })
  const account = useQuery({
    queryKey: ['account', person.data?.account_id],
    queryFn: () => ask(`/api/v1/accounts/${person.data?.account_id}`),
    enabled: person.data?.account_id != null,
  })
  const timeline = useInfiniteQuery({
    queryKey: ['person', id, 'timeline'],
    queryFn: ({ pageParam }) =>
      ask(`/api/v1/persons/${id}/timeline`, {
        query: { limit: 50, cursor: pageParam },
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
  })
  const items = timeline.data?.pages.flatMap((page) => page.items) ?? []
  const fields = Object.entries((person.data?.fields ?? {}) as Record<string, Omit<Survivor, 'name'>>).map(
    ([name, field]): Survivor => ({ name, ...field }),
  )
  const name = ['full_name', 'first_name', 'last_name']
    .flatMap((field) => {
      const value = fields.find((each) => each.name === field)?.value
      return typeof value === 'string' ? [value] : []
    })
    .join(' ')
  const newest = items.find(({ lead_id }) => lead_id !== null)?.lead_id ?? null
  const accepted = items.filter(({ outcome }) => outcome === 'success').length
  return (
    <Page
      title={name === '' ? `…${id.slice(-12)}` : name}
      crumb={<Link to="/persons">{t('nav.persons')}</Link>}
      aside={<span className="mono faint">…{id.slice(-12)}</span>}
      actions={
        may('person.edit') && (
          <Button variant="default" onClick={() => setMerging(true)}>
            {t('person.merge')}
          </Button>
        )
      }
    >
      {isMerging && <Merge person={id} onClose={() => setMerging(false)} />}
      <Loaded query={person} height={360}>
        {(read) => (
          <>
            <Figures
              label={t('overview.figures')}
              items={[
                { name: t('nav.leads'), value: number(read.leads) },
                { name: t('verdict.accepted'), value: `${number(accepted)}${timeline.hasNextPage ? '+' : ''}` },
                {
                  name: t('person.merged'),
                  value: number(read.persons.length),
                  note: read.persons.length > 0 ? t('person.merged_note') : undefined,
                },
                { name: t('person.since'), value: ago(read.created_at) },
                {
                  name: t('person.account'),
                  value:
                    read.account_id === null ? (
                      '–'
                    ) : (
                      <Link to="/persons" search={{ account: read.account_id }}>
                        {account.data?.name || account.data?.domain || '…'}
                      </Link>
                    ),
                },
              ]}
            />
            <div className="columns">
              <div className="stack">
                <Table
                  label={t('person.fields')}
                  title={t('person.fields')}
                  actions={read.personal === 'masked' && <span className="faint">{t('person.masked')}</span>}
                  rows={fields}
                  columns={columns}
                  rowKey={({ name: field }) => field}
                  none={t('person.no_fields')}
                />
                {may('lead.search') && newest !== null && <ConsentCard lead={newest} />}
              </div>
              <PersonTimeline
                person={read.id}
                items={items}
                more={{
                  on: timeline.hasNextPage,
                  busy: timeline.isFetchingNextPage,
                  load: () => void timeline.fetchNextPage(),
                }}
              />
            </div>
          </>
        )}
      </Loaded>
    </Page>
  )
}
