import { Button, Skeleton, TextInput } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../api/client.ts'
import { Failed } from '../components/failed.tsx'
import { useMay } from '../rights.ts'
import { Page } from '../shell/page.tsx'
import { named, t } from '../text.ts'
import { fullTime, rowTime } from '../time.ts'

interface Entry {
  readonly seq: number
  readonly at: string
  readonly actor: { readonly kind: string; readonly id: string }
  readonly action: string
  readonly resource: string
  readonly resource_id: string | null
  readonly data: Readonly<Record<string, unknown>> | null
}

/** Who read personal data and who changed what: newest first, chained. */
export const Audit = () => {
  const search = useSearch({ from: '/audit' })
  const go = useNavigate()
  const may = useMay()
  const [action, setAction] = useState(search.action ?? '')
  const people = useQuery({
    queryKey: ['users'],
    queryFn: () => api<{ items: { id: string; email: string }[] }>('/api/v1/users', { query: { limit: 200 } }),
    enabled: may('user.read'),
  })
  const entries = useInfiniteQuery({
    queryKey: ['audit', search],
    queryFn: ({ pageParam }) =>
      api<{ items: Entry[]; next_cursor: string | null }>('/api/v1/audit', {
        query: { ...search, limit: 100, cursor: pageParam },
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
  })
  const nameOf = ({ kind, id }: Entry['actor']): string =>
    people.data?.items.find((user) => user.id === id)?.email ?? `${kind} ${id.slice(-12)}`
  const rows = entries.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <Page
      title={t('nav.audit')}
      actions={
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void go({ to: '/audit', search: action === '' ? {} : { action } })
          }}
        >
          <TextInput
            aria-label={t('audit.action')}
            placeholder={t('audit.action_hint')}
            value={action}
            onChange={(event) => setAction(event.currentTarget.value)}
          />
        </form>
      }
    >
      {entries.error !== null && rows.length === 0 ? (
        <Failed error={entries.error} onRetry={() => void entries.refetch()} />
      ) : entries.isPending ? (
        <Skeleton height={320} radius={8} />
      ) : (
        <section className="card" aria-label={t('nav.audit')}>
          <table className="plain-table">
            <thead>
              <tr>
                <th>{t('audit.when')}</th>
                <th>{t('audit.who')}</th>
                <th>{t('audit.action')}</th>
                <th>{t('audit.what')}</th>
                <th>{t('audit.facts')}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((entry) => (
                <tr key={entry.seq}>
                  <td className="num" title={fullTime(entry.at)}>
                    {rowTime(entry.at)}
                  </td>
                  <td className="clip" style={{ maxWidth: 220 }}>
                    {nameOf(entry.actor)}
                  </td>
                  <td>{entry.action}</td>
                  <td>
                    {entry.resource === 'lead' && entry.resource_id !== null ? (
                      <Link to="/leads/$id" params={{ id: entry.resource_id }} className="mono">
                        …{entry.resource_id.slice(-12)}
                      </Link>
                    ) : (
                      <span className="faint">
                        {named('resource', entry.resource)} {entry.resource_id}
                      </span>
                    )}
                  </td>
                  <td className="mono faint clip" style={{ maxWidth: 360 }}>
                    {entry.data === null || Object.keys(entry.data).length === 0 ? '' : JSON.stringify(entry.data)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {entries.hasNextPage && (
            <div className="card-body row" style={{ justifyContent: 'center' }}>
              <Button
                variant="default"
                loading={entries.isFetchingNextPage}
                onClick={() => void entries.fetchNextPage()}
              >
                {t('action.more')}
              </Button>
            </div>
          )}
        </section>
      )}
    </Page>
  )
}
