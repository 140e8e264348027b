import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import type { Account, PersonSummary } from '../api/types.ts'
import { Empty } from '../components/empty.tsx'
import { Loaded } from '../components/loaded.tsx'
import { type Column, Table } from '../components/table.tsx'
import { FindPerson } from '../person/find.tsx'
import { useMay } from '../rights.ts'
import { Page } from '../shell/page.tsx'
import { number, t, tn } from '../text.ts'
import { ago, fullTime } from '../time.ts'

const personColumns: readonly Column<PersonSummary>[] = [
  {
    key: 'person',
    head: t('person.person'),
    cell: ({ id, test }) => (
      <>
        <Link to="/persons/$id" params={{ id }} className="mono">
          …{id.slice(-12)}
        </Link>{' '}
        {test && <span className="chip">{t('person.test')}</span>}
      </>
    ),
  },
  { key: 'leads', head: t('nav.leads'), end: true, cell: ({ leads }) => number(leads) },
  {
    key: 'merged',
    head: t('person.merged'),
    end: true,
    cell: ({ persons }) => (persons.length === 0 ? '–' : number(persons.length)),
  },
  {
    key: 'account',
    head: t('person.account'),
    cell: ({ account_id }) =>
      account_id === null ? (
        <span className="faint">–</span>
      ) : (
        <Link to="/persons" search={{ account: account_id }} className="mono">
          …{account_id.slice(-12)}
        </Link>
      ),
  },
  {
    key: 'since',
    head: t('person.since'),
    cell: ({ created_at }) => <span title={fullTime(created_at)}>{ago(created_at)}</span>,
  },
]

const accountColumns: readonly Column<Account>[] = [
  {
    key: 'name',
    head: t('person.account'),
    cell: ({ id, name, domain }) => (
      <>
        <Link to="/persons" search={{ account: id }} className="cell-main">
          {name || domain || `…${id.slice(-12)}`}
        </Link>
        {domain !== null && <span className="cell-sub">{domain}</span>}
      </>
    ),
  },
  { key: 'persons', head: t('nav.persons'), end: true, cell: ({ persons }) => number(persons) },
  {
    key: 'since',
    head: t('person.since'),
    cell: ({ created_at }) => <span title={fullTime(created_at)}>{ago(created_at)}</span>,
  },
]

const People = ({ account }: { readonly account: string | undefined }) => {
  const may = useMay()
  const go = useNavigate()
  const [found, setFound] = useState<readonly PersonSummary[] | null>(null)
  const list = useInfiniteQuery({
    queryKey: ['persons', account],
    queryFn: ({ pageParam }) => ask('/api/v1/persons', { query: { account, limit: 50, cursor: pageParam } }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
  })
  const one = useQuery({
    queryKey: ['account', account],
    queryFn: () => ask(`/api/v1/accounts/${account}`),
    enabled: account !== undefined,
  })
  const rows = list.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <>
      {one.data !== undefined && (
        <div className="row between">
          <div>
            <strong>{one.data.name}</strong> <span className="faint">{one.data.domain}</span> ·{' '}
            {tn('person.speak', one.data.persons)}
          </div>
          <Link to="/persons">{t('person.everybody')}</Link>
        </div>
      )}
      {may('lead.search') && account === undefined && (
        <FindPerson
          onFound={(persons) => {
            const [only, other] = persons
            if (only !== undefined && other === undefined) void go({ to: '/persons/$id', params: { id: only.id } })
            else setFound(persons)
          }}
        />
      )}
      <Loaded query={list}>
        {() =>
          rows.length === 0 ? (
            <Empty title={t('person.none')} text={t('person.none_text')} />
          ) : (
            <Table
              label={t('nav.persons')}
              rows={found !== null && found.length > 0 ? found : rows}
              columns={personColumns}
              rowKey={({ id }) => id}
              more={{
                on: list.hasNextPage && !found?.length,
                busy: list.isFetchingNextPage,
                load: () => void list.fetchNextPage(),
              }}
            />
          )
        }
      </Loaded>
    </>
  )
}

const Accounts = () => {
  const list = useInfiniteQuery({
    queryKey: ['accounts'],
    queryFn: ({ pageParam }) =>
      ask('/api/v1/accounts', {
        query: { limit: 50, cursor: pageParam },
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
  })
  const rows = list.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <Loaded query={list}>
      {() =>
        rows.length === 0 ? (
          <Empty title={t('person.no_accounts')} text={t('person.no_accounts_text')} />
        ) : (
          <Table
            label={t('person.accounts')}
            rows={rows}
            columns={accountColumns}
            rowKey={({ id }) => id}
            more={{ on: list.hasNextPage, busy: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
          />
        )
      }
    </Loaded>
  )
}

/** Whom leads turned out to be, and the organisations they speak for. */
export const Persons = () => {
  const { tab, account } = useSearch({ from: '/persons' })
  const go = useNavigate()
  const open = tab === 'accounts' ? 'accounts' : 'persons'
  return (
    <Page
      title={t('nav.persons')}
      actions={
        <div className="segments" role="group" aria-label={t('person.which')}>
          {(['persons', 'accounts'] as const).map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={each === open}
              onClick={() => void go({ to: '/persons', search: each === 'accounts' ? { tab: 'accounts' } : {} })}
            >
              {t(each === 'accounts' ? 'person.accounts' : 'nav.persons')}
            </button>
          ))}
        </div>
      }
    >
      {open === 'accounts' ? <Accounts /> : <People account={account} />}
    </Page>
  )
}
