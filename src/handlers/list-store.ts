import { type Digest, digestOf, entriesOf } from '../base/list-entry.ts'
import { byteas, texts } from '../database/arrays.ts'
import type { Database, Row, Statement } from '../database/pool.ts'
import type { Keyring } from '../journal/keyring.ts'
import { hashesIn, type KnownLists } from './lists.ts'
import { suppressionKey } from './suppression.ts'

/** Where an entry stands. Times in ms since 1970. */
export interface Standing {
  readonly list: string
  readonly label: string
  readonly addedAt: number
  readonly expiresAt: number | null
}

interface Place {
  readonly tenantId: string
  readonly list: string
}

/** A tenant's lists, changed from outside of a journey. Entries are texts as `base/list-entry` says. */
export interface ListStore {
  /** Null where there is no such list. `added`: without those that stood there; they count as added now, too. */
  add(
    place: Place & { readonly entries: readonly string[]; readonly expiresAt: number | null; readonly now: number },
  ): Promise<{ readonly added: number } | null>
  /** Null where there is no such list. */
  remove(place: Place & { readonly entries: readonly string[] }): Promise<{ readonly removed: number } | null>
  /** For each entry where it stands, as a lead would be told; `lists` null: in all. */
  query(asked: {
    readonly tenantId: string
    readonly lists: readonly string[] | null
    readonly entries: readonly string[]
    readonly withinMs: number | null
    readonly now: number
  }): Promise<(readonly Standing[])[]>
  /** Adds what does not stand there; of two callers at the same moment, one adds. `since` null: it was added by this. */
  checkAndAdd(
    place: Place & {
      readonly entries: readonly string[]
      readonly expiresAt: number | null
      readonly withinMs: number | null
      readonly now: number
    },
  ): Promise<{ readonly since: readonly (number | null)[] } | null>
  /** Removes the list with all its entries. */
  drop(place: Place): Promise<boolean>
  /** What is known of the tenant's lists is read anew. */
  forget(tenantId: string): void
}

const FIND: (place: Place) => Statement = ({ tenantId, list }) => ({
  name: 'find_list',
  text: 'select id from millrace.suppression_list where tenant_id = $1::uuid and id = $2::text',
  values: [tenantId, list],
})

const date = (ms: number | null): Date | null => (ms === null ? null : new Date(ms))

export const createListStore = (options: {
  readonly database: Database
  readonly keyring: Keyring
  readonly lists: KnownLists
}): ListStore => {
  const { database, keyring, lists } = options

  /** Each once, in one order everywhere, so that two calls with the same entries wait for each other and don't deadlock. */
  const keysOf = async (tenantId: string, entries: readonly string[]): Promise<Buffer[]> => {
    const keys = await keyring.tenant(tenantId)
    const unique = new Map<string, Buffer>()
    for (const entry of entries) {
      const key = suppressionKey(keys, entry)
      unique.set(key.toString('latin1'), key)
    }
    return [...unique.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, key]) => key)
  }

  /** What leads are looked up by must be known before the first entry of its kind stands there. */
  const announce = async (place: Place, entries: readonly string[]): Promise<void> => {
    const used = new Set<Digest>()
    for (const entry of entries) {
      const digest = digestOf(entry)
      if (digest !== null) used.add(digest)
    }
    const known = (await lists.of(place.tenantId)).get(place.list)?.hashes ?? []
    if ([...used].every((digest) => known.includes(digest))) return
    await database.batch(
      [place.tenantId],
      [
        {
          text: `with l as (
                   update millrace.suppression_list set hashes = (select array_agg(distinct h) from unnest(hashes || $3::text[]) as h)
                   where tenant_id = $1::uuid and id = $2 returning 1
                 )
                 update millrace.tenant set config_epoch = config_epoch + 1 where id = $1::uuid and exists (select from l)`,
          values: [place.tenantId, place.list, texts([...used])],
        },
      ],
    )
    lists.forget(place.tenantId)
  }

  /** Every way an entry may stand in these lists. */
  const ways = async (tenantId: string, of: readonly string[] | null, entries: readonly string[]) => {
    const known = await lists.of(tenantId)
    const names = of ?? [...known.keys()]
    const hashes = hashesIn(known, names)
    return { known, names, each: entries.map((entry) => entriesOf(entry, hashes)) }
  }

  const query: ListStore['query'] = async ({ tenantId, lists: of, entries, withinMs, now }) => {
    const { known, names, each } = await ways(tenantId, of, entries)
    const keys = await keyring.tenant(tenantId)
    const flat = each.flatMap((all, index) => all.map((entry) => ({ index, key: suppressionKey(keys, entry) })))
    const [rows = []] = await database.batch(
      [tenantId],
      [
        {
          name: 'query_entries',
          text: `select w.n::integer as n, e.list_id, e.added_at, e.expires_at
                 from unnest($2::bytea[]) with ordinality as w(key, n)
                 join millrace.suppression_entry e on e.tenant_id = $1::uuid and e.key = w.key
                 order by w.n, e.list_id`,
          values: [tenantId, byteas(flat.map(({ key }) => key))],
        },
      ],
    )
    const found = entries.map((): Standing[] => [])
    const lives = (row: Row): boolean =>
      (row.expires_at === null || (row.expires_at as number) > now) &&
      (withinMs === null || (row.added_at as number) >= now - withinMs)
    for (const row of rows) {
      const list = row.list_id as string
      const label = known.get(list)?.label
      const at = flat[(row.n as number) - 1]?.index ?? 0
      if (label === undefined || !names.includes(list) || !lives(row) || found[at]?.some((s) => s.list === list))
        continue
      found[at]?.push({ list, label, addedAt: row.added_at as number, expiresAt: row.expires_at as number | null })
    }
    return found
  }

  return {
    query,
    forget: lists.forget,
    add: async ({ entries, expiresAt, now, ...place }) => {
      await announce(place, entries)
      const keys = await keysOf(place.tenantId, entries)
      const [found, rows] = await database.batch(
        [place.tenantId],
        [
          FIND(place),
          {
            name: 'add_entries',
            // A row that was there has been locked by this statement, which its xmax says; a new one has none.
            text: `with written as (
                     insert into millrace.suppression_entry as e (tenant_id, list_id, key, added_at, expires_at)
                     select l.tenant_id, l.id, k.key, $4::timestamptz, $5::timestamptz
                     from millrace.suppression_list l, unnest($3::bytea[]) as k(key)
                     where l.tenant_id = $1::uuid and l.id = $2::text
                     on conflict (tenant_id, key, list_id) do update
                       set added_at = excluded.added_at, expires_at = excluded.expires_at
                     returning e.xmax = 0 as is_new
                   ), counted as (select count(*) filter (where is_new) as added from written), told as (
                     update millrace.suppression_list set entries = entries + (select added from counted)
                     where tenant_id = $1::uuid and id = $2::text
                   )
                   select added from counted`,
            values: [place.tenantId, place.list, byteas(keys), new Date(now), date(expiresAt)],
          },
        ],
      )
      return found?.length === 1 ? { added: Number(rows?.[0]?.added ?? 0) } : null
    },
    remove: async ({ entries, ...place }) => {
      const { each } = await ways(place.tenantId, [place.list], entries)
      const keys = await keysOf(place.tenantId, each.flat())
      const [found, rows] = await database.batch(
        [place.tenantId],
        [
          FIND(place),
          {
            name: 'remove_entries',
            text: `with removed as (
                     delete from millrace.suppression_entry
                     where tenant_id = $1::uuid and list_id = $2::text and key = any ($3::bytea[]) returning 1
                   ), counted as (select count(*) as removed from removed), told as (
                     update millrace.suppression_list set entries = entries - (select removed from counted)
                     where tenant_id = $1::uuid and id = $2::text
                   )
                   select removed from counted`,
            values: [place.tenantId, place.list, byteas(keys)],
          },
        ],
      )
      return found?.length === 1 ? { removed: Number(rows?.[0]?.removed ?? 0) } : null
    },
    checkAndAdd: async ({ entries, expiresAt, withinMs, now, ...place }) => {
      const found = await query({ tenantId: place.tenantId, lists: [place.list], entries, withinMs, now })
      const keys = await keyring.tenant(place.tenantId)
      // An entry named twice is new once.
      const named = new Set<string>()
      const wanted = entries.map((entry, index) => {
        const key = suppressionKey(keys, entry)
        const name = key.toString('latin1')
        const isNew = found[index]?.length === 0 && !named.has(name)
        named.add(name)
        return { key, isNew }
      })
      const fresh = wanted.filter(({ isNew }) => isNew).sort((a, b) => Buffer.compare(a.key, b.key))
      const [lists, rows = []] = await database.batch(
        [place.tenantId],
        [
          FIND(place),
          {
            name: 'check_and_add_entries',
            text: `with written as (
                     insert into millrace.suppression_entry as e (tenant_id, list_id, key, added_at, expires_at)
                     select l.tenant_id, l.id, k.key, $4::timestamptz, $5::timestamptz
                     from millrace.suppression_list l, unnest($3::bytea[]) as k(key)
                     where l.tenant_id = $1::uuid and l.id = $2::text
                     on conflict (tenant_id, key, list_id) do update
                       set added_at = excluded.added_at, expires_at = excluded.expires_at
                       where e.expires_at <= excluded.added_at or e.added_at < $6::timestamptz
                     returning e.key, e.xmax = 0 as is_new
                   ), told as (
                     update millrace.suppression_list
                     set entries = entries + (select count(*) filter (where is_new) from written)
                     where tenant_id = $1::uuid and id = $2::text
                   )
                   select key from written`,
            values: [
              place.tenantId,
              place.list,
              byteas(fresh.map(({ key }) => key)),
              new Date(now),
              date(expiresAt),
              date(withinMs === null ? null : now - withinMs),
            ],
          },
        ],
      )
      if (lists?.length !== 1) return null
      const added = new Set(rows.map((row) => (row.key as Buffer).toString('latin1')))
      const since = wanted.map(({ key, isNew }, index) =>
        isNew && added.has(key.toString('latin1')) ? null : (found[index]?.[0]?.addedAt ?? now),
      )
      return { since }
    },
    drop: async ({ tenantId, list }) => {
      const [rows] = await database.batch(
        [tenantId],
        [
          {
            text: 'delete from millrace.suppression_list where tenant_id = $1::uuid and id = $2::text returning id',
            values: [tenantId, list],
          },
          {
            text: 'delete from millrace.suppression_entry where tenant_id = $1::uuid and list_id = $2::text',
            values: [tenantId, list],
          },
          {
            text: 'delete from millrace.list_import where tenant_id = $1::uuid and list_id = $2::text',
            values: [tenantId, list],
          },
          {
            text: 'update millrace.tenant set config_epoch = config_epoch + 1 where id = $1::uuid',
            values: [tenantId],
          },
        ],
      )
      lists.forget(tenantId)
      return rows?.length === 1
    },
  }
}
