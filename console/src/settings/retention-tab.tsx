import { Button, NumberInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ask } from '../api/client.ts'
import { Dialog, FormEnd, Refused } from '../components/dialog.tsx'
import { Loaded } from '../components/loaded.tsx'
import { type Column, Table } from '../components/table.tsx'
import { useMay } from '../rights.ts'
import { named, number, t, tn } from '../text.ts'
import { ago, fullTime } from '../time.ts'

type Kind = 'leads' | 'consent' | 'audit'
type Policy = Readonly<Record<Kind, number | null>>

interface Run {
  readonly id: string
  readonly at: string
  readonly kind: string
  readonly before: string
  readonly items: number
  readonly archive: string | null
}

const KINDS: readonly Kind[] = ['leads', 'consent', 'audit']

const columns: readonly Column<Run>[] = [
  { key: 'at', head: t('audit.when'), cell: ({ at }) => <span title={fullTime(at)}>{ago(at)}</span> },
  { key: 'kind', head: t('retention.kind'), cell: ({ kind }) => named('retention', kind) },
  { key: 'before', head: t('retention.before'), cell: ({ before }) => fullTime(before) },
  { key: 'items', head: t('retention.items'), end: true, cell: ({ items }) => number(items) },
  {
    key: 'archive',
    head: t('retention.archive'),
    cell: ({ archive }) => <span className="mono faint">{archive ?? '–'}</span>,
  },
]

const PolicyForm = ({ kept }: { readonly kept: Policy }) => {
  const client = useQueryClient()
  const may = useMay()
  const [days, setDays] = useState<Policy>(kept)
  const [isRunning, setRunning] = useState(false)
  const save = useMutation({
    mutationFn: () => ask('/api/v1/privacy/retention', { method: 'PUT', body: days }),
    onSuccess: () => {
      notifications.show({ message: t('action.saved') })
      void client.invalidateQueries({ queryKey: ['retention'] })
    },
  })
  const count = useMutation({
    mutationFn: () => ask('/api/v1/privacy/retention/runs', { method: 'POST', body: { dry_run: true } }),
  })
  const run = useMutation({
    mutationFn: () => ask('/api/v1/privacy/retention/runs', { method: 'POST', body: { dry_run: false } }),
    onSuccess: () => {
      setRunning(false)
      void client.invalidateQueries({ queryKey: ['retention'] })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  const isChanged = KINDS.some((kind) => days[kind] !== kept[kind])
  return (
    <form className="card card-body stack narrow" onSubmit={submit} aria-label={t('retention.title')}>
      <h2>{t('retention.title')}</h2>
      <p className="faint">{t('retention.text')}</p>
      {KINDS.map((kind) => (
        <NumberInput
          key={kind}
          label={t('retention.days_of', { what: named('retention', kind) })}
          description={named('retention_text', kind)}
          placeholder={t('retention.forever')}
          min={1}
          max={36_500}
          allowDecimal={false}
          disabled={!may('privacy.edit')}
          value={days[kind] ?? ''}
          onChange={(value) => setDays({ ...days, [kind]: value === '' ? null : Number(value) })}
        />
      ))}
      <Refused error={save.error ?? count.error} />
      {count.data !== undefined && (
        <div role="status">
          <ul className="plain-list">
            {count.data.items.map(({ kind, items, open, before }) => (
              <li key={kind}>
                <strong>{named('retention', kind)}</strong>:{' '}
                {before === null
                  ? t('retention.keeps_all')
                  : [t('retention.would', { n: number(items) }), open > 0 && tn('retention.open', open)]
                      .filter(Boolean)
                      .join('; ')}
              </li>
            ))}
          </ul>
        </div>
      )}
      {may('privacy.edit') && (
        <FormEnd
          submit={t('action.save')}
          busy={save.isPending}
          disabled={!isChanged}
          more={
            <>
              <Button variant="default" loading={count.isPending} onClick={() => count.mutate()}>
                {t('retention.count')}
              </Button>
              <Button variant="subtle" color="red" onClick={() => setRunning(true)}>
                {t('retention.run')}
              </Button>
            </>
          }
        />
      )}
      {isRunning && (
        <Dialog
          title={t('retention.run')}
          text={t('retention.run_text')}
          submit={t('retention.run')}
          danger
          busy={run.isPending}
          error={run.error}
          onSubmit={() => run.mutate()}
          onClose={() => setRunning(false)}
        />
      )}
    </form>
  )
}

/** How long what is kept, and what was let go. */
export const RetentionTab = () => {
  const policy = useQuery({
    queryKey: ['retention', 'policy'],
    queryFn: () => ask('/api/v1/privacy/retention'),
  })
  const runs = useQuery({
    queryKey: ['retention', 'runs'],
    queryFn: () => ask('/api/v1/privacy/retention/runs'),
  })
  return (
    <div className="stack">
      <Loaded query={policy}>{(kept) => <PolicyForm key={JSON.stringify(kept)} kept={kept} />}</Loaded>
      <Loaded query={runs} height={80}>
        {({ items }) => (
          <Table
            label={t('retention.runs')}
            title={t('retention.runs')}
            rows={items}
            columns={columns}
            rowKey={({ id }) => id}
            none={t('retention.no_runs')}
          />
        )}
      </Loaded>
    </div>
  )
}
