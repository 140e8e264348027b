/** What a partner's view is cut down to: a source of a flow, or a destination. */
export type Partner = { readonly flow: string; readonly source: string } | { readonly destination: string }

/** Whether this is what a user of the role must have; other roles have none. */
export const fitsRole = (role: string, partner: Partner | null): boolean => {
  if (role === 'source_partner') return partner !== null && 'source' in partner
  if (role === 'buyer_partner') return partner !== null && 'destination' in partner
  return partner === null
}
