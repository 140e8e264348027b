/** The load generator's process: an order a message, a result or an error a reply; ends with its parent. */
import { type RoundOrder, type RoundResult, runRound } from './round.ts'

export type LoadReply = { readonly result: RoundResult } | { readonly error: string }

const reply = (message: LoadReply): void => {
  process.send?.(message)
}

process.on('message', (order: RoundOrder) => {
  runRound(order).then(
    (result) => reply({ result }),
    (error: Error) => reply({ error: error.message }),
  )
})
process.on('disconnect', () => process.exit())
// The terminal tells the whole group; the one who leads it ends us in order.
process.on('SIGINT', () => undefined)
