import { session } from '../api/session.ts'
import type { LeadSearch } from '../router.tsx'

/** What the list was last filtered by in this tab: whoever leaves a lead finds the list as they left it. */
let last: { readonly userId: string | undefined; readonly search: LeadSearch } = { userId: undefined, search: {} }

export const keepSearch = (search: LeadSearch): void => {
  last = { userId: session()?.userId, search }
}

/** Of whoever is signed in: another's is none of theirs. */
export const lastSearch = (): LeadSearch => (last.userId === session()?.userId ? last.search : {})

/** Kept with an entry of the history: one step back from it is the list, scrolled to where it was. */
export const FROM_LIST: object = { fromList: true }

export const cameFromList = (): boolean => (history.state as { readonly fromList?: boolean } | null)?.fromList === true
