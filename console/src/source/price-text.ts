/** What a source is paid, as its flow says it. */
export const priceText = (price: unknown): string => {
  if (typeof price === 'string') return price
  if (Array.isArray(price)) return price.map(priceText).filter(Boolean).join(', ')
  if (price === null || typeof price !== 'object') return '–'
  const { amount, rules } = price as { amount?: unknown; rules?: unknown }
  if (amount !== undefined) return String(amount)
  return Array.isArray(rules) ? rules.map(priceText).join(', ') : '–'
}
