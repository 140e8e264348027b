import { Button, TextInput } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import type { AuditEntry } from '../api/types.ts'
import { Loaded } from '../components/loaded.tsx'
import { type Column, Table } from '../components/table.tsx'
import { Page } from '../shell/page.tsx'
import { named, number, t } from '../text.ts'
import { fullTime, rowTime } from '../time.ts'
import { useUsers } from '../users.ts'

/** Where it came from: one address, or of what was folded several. */
const fromOf = ({ private: told }: AuditEntry): string | null => {
  const { ip } = (told ?? {}) as { readonly ip?: string | readonly string[] | null }
  return ip ? [ip].flat().join(', ') : null
}

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/

const factOf = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(factOf).join(', ')
  if (typeof value === 'number') return number(value)
  if (typeof value === 'string' && TIME.test(value)) return fullTime(value)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** What it was done to, as a link where there is a screen of it. */
const What = ({ entry, email }: { readonly entry: AuditEntry; readonly email: (id: string) => string | undefined }) => {
  const { resource, resource_id: id } = entry
  if (id === null) return <span className="faint">{named('resource', resource)}</span>
  const short = id.length > 24 ? `…${id.slice(-12)}` : id
  if (resource === 'lead')
    return (
      <Link to="/leads/$id" params={{ id }} className="mono">
        {short}
      </Link>
    )
  if (resource === 'person')
    return (
      <Link to="/persons/$id" params={{ id }} className="mono">
        {short}
      </Link>
    )
  return (
    <span className="faint">
      {named('resource', resource)} <span className="whole">{email(id) ?? short}</span>
    </span>
  )
}

/** Who read personal data and who changed what: newest first, chained. */
export const Audit = () => {
  const search = useSearch({ from: '/audit' })
  const go = useNavigate()
  const [action, setAction] = useState(search.action ?? '')
  // What is filtered by stands in the field, by whatever way it came there.
  const [known, setKnown] = useState(search.action)
  if (known !== search.action) {
    setKnown(search.action)
    setAction(search.action ?? '')
  }
  const users = useUsers()
  const entries = useInfiniteQuery({
    queryKey: ['audit', search],
    queryFn: ({ pageParam }) =>
      ask('/api/v1/audit', {
        query: { ...search, limit: 100, cursor: pageParam },
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
  })
  const emailOf = (id: string): string | undefined => users.data?.find((user) => user.id === id)?.email
  const nameOf = ({ kind, id }: AuditEntry['actor']): string =>
    kind === 'unknown' ? t('audit.unknown') : (emailOf(id) ?? `${kind} ${id.slice(-12)}`)
  const rows = entries.data?.pages.flatMap(({ items }) => items) ?? []
  const columns: readonly Column<AuditEntry>[] = [
    {
      key: 'at',
      head: t('audit.when'),
      cell: ({ at }) => (
        <span className="num" title={fullTime(at)}>
          {rowTime(at)}
        </span>
      ),
    },
    {
      key: 'who',
      head: t('audit.who'),
      cell: ({ actor }) => (
        <span className="audit-who">
          {actor.kind === 'unknown' ? (
            nameOf(actor)
          ) : (
            <Link to="/audit" search={{ actor: actor.id }}>
              {nameOf(actor)}
            </Link>
          )}
        </span>
      ),
    },
    {
      key: 'action',
      head: t('audit.action'),
      cell: ({ action: done }) => (
        <Link to="/audit" search={{ action: done }} className="mono">
          {done}
        </Link>
      ),
    },
    { key: 'what', head: t('audit.what'), cell: (entry) => <What entry={entry} email={emailOf} /> },
    {
      key: 'facts',
      head: t('audit.facts'),
      cell: ({ data }) => (
        <span className="faint">
          {Object.entries(data ?? {})
            .map(([name, value]) => `${name.replaceAll('_', ' ')} ${factOf(value)}`)
            .join(' · ')}
        </span>
      ),
    },
    {
      key: 'from',
      head: t('audit.from'),
      cell: (entry) => <span className="faint mono">{fromOf(entry)}</span>,
    },
  ]
  return (
    <Page
      title={t('nav.audit')}
      actions={
        <>
          {Object.keys(search).length > 0 && (
            <Button variant="subtle" color="gray" renderRoot={(props) => <Link to="/audit" {...props} />}>
              {t('audit.all')}
            </Button>
          )}
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
        </>
      }
    >
      <Loaded query={entries} height={320}>
        {() => (
          <Table
            label={t('nav.audit')}
            rows={rows}
            columns={columns}
            rowKey={({ seq }) => String(seq)}
            none={t('audit.none')}
            more={{
              on: entries.hasNextPage,
              busy: entries.isFetchingNextPage,
              load: () => void entries.fetchNextPage(),
            }}
          />
        )}
      </Loaded>
    </Page>
  )
}
