import { createRegister } from '../base/register.ts'
import type { EntryWrite } from '../journal/append-lists.ts'
import type { TenantKeys } from '../journal/keyring.ts'
import type { RequestAnswer, RequestInput } from '../kit/requests.ts'
import { type Holder, type Settlement, waitFor } from './holder.ts'
import type { KnownLists } from './lists.ts'
import type { LookUp } from './look-up.ts'
import { soughtEntries, suppressionKey } from './suppression.ts'

/**
 * Changes that journeys make to lists. Like claims they are decided in memory, in order of arrival, and written in the
 * commit that tells of them; unlike claims they stay, whatever becomes of the lead.
 */
export interface ListChanges {
  change(asked: {
    readonly holder: Holder
    /** Where what is held until the commit is settled with it, also where the lead is turned away. */
    readonly settlements: Settlement[]
    readonly keys: TenantKeys
    /** A test lead looks and changes nothing. */
    readonly test: boolean
    readonly now: number
    readonly input: RequestInput<'list.change'>
  }): Promise<{ readonly answer: RequestAnswer<'list.change'>; readonly writes: readonly EntryWrite[] }>
}

interface Held {
  readonly holder: Holder
  readonly settled: Promise<void>
}

export const createListChanges = (options: { readonly lookUp: LookUp; readonly lists: KnownLists }): ListChanges => {
  const { lookUp, lists } = options
  /** Entries that journeys of this process add on the condition that they are new, by tenant, list and key. */
  const inFlight = createRegister<string, Held>()

  const hold = (names: readonly string[], holder: Holder): (() => void) => {
    let end: () => void = () => undefined
    const settled = new Promise<void>((resolve) => {
      end = resolve
    })
    const held: Held = { holder, settled }
    for (const name of names) if (!inFlight.has(name)) inFlight.set(name, held)
    return () => {
      for (const name of names) if (inFlight.get(name) === held) inFlight.delete(name)
      end()
    }
  }

  const checkAndAdd: ListChanges['change'] = async ({ holder, settlements, keys, test, now, input }) => {
    const { list, values, expiresAt, withinMs } = input
    const names = values.map(({ value }) => `${keys.tenantId}|${list}|${value.toLowerCase()}`)
    for (;;) {
      const others = names.flatMap((name) => {
        const other = inFlight.get(name)
        return other === undefined || other.holder === holder ? [] : [other]
      })
      const [other] = others
      if (!other) break
      await waitFor(holder, [other.holder], other.settled)
    }
    const release = test ? () => undefined : hold(names, holder)
    try {
      const known = await lists.of(keys.tenantId, [list])
      const sought = soughtEntries(known, { lists: [list], values })
      const { suppressions } = await lookUp({
        tenantId: keys.tenantId,
        claims: [],
        suppressions: sought.map(({ entry }) => suppressionKey(keys, entry)),
      })
      const staleBefore = withinMs === null ? null : now - withinMs
      for (const [index, entries] of suppressions.entries()) {
        const entry = entries.find(
          (e) =>
            e.list === list &&
            (e.expiresAt === null || e.expiresAt > now) &&
            (staleBefore === null || e.addedAt >= staleBefore),
        )
        if (!entry) continue
        release()
        const label = known.get(list)?.label ?? list
        const field = sought[index]?.field ?? ''
        return { answer: { found: true, label, field, addedAt: entry.addedAt }, writes: [] }
      }
      if (test) return { answer: { found: false }, writes: [] }
      settlements.push(release)
      const writes = uniqueKeys(keys, values).map(
        (key): EntryWrite => ({ do: 'add', list, key, at: now, expiresAt, onlyNew: true, staleBefore }),
      )
      return { answer: { found: false }, writes }
    } catch (error) {
      release()
      throw error
    }
  }

  return {
    change: async (asked) => {
      const { keys, test, now, input } = asked
      const { list, action, values, expiresAt } = input
      if (values.length === 0) return { answer: { found: false }, writes: [] }
      if (action === 'check_and_add') return checkAndAdd(asked)
      if (test) return { answer: { found: false }, writes: [] }
      if (action === 'add') {
        const writes = uniqueKeys(keys, values).map(
          (key): EntryWrite => ({ do: 'add', list, key, at: now, expiresAt, onlyNew: false, staleBefore: null }),
        )
        return { answer: { found: false }, writes }
      }
      const sought = soughtEntries(await lists.of(keys.tenantId, [list]), { lists: [list], values })
      const writes = sought.map(({ entry }): EntryWrite => ({ do: 'remove', list, key: suppressionKey(keys, entry) }))
      return { answer: { found: false }, writes }
    },
  }
}

const uniqueKeys = (keys: TenantKeys, values: RequestInput<'list.change'>['values']): Buffer[] => [
  ...new Map(
    values.map(({ value }) => {
      const key = suppressionKey(keys, value)
      return [key.toString('latin1'), key] as const
    }),
  ).values(),
]
