import type { AddressInfo } from 'node:net'

/** Says where it listens, in the words of `millrace serve --json`, and ends when told or when its parent is gone. */
export const serveUntilTold = (address: AddressInfo | string | null, close: () => Promise<void>): void => {
  const port = typeof address === 'object' && address ? address.port : 0
  process.stdout.write(`${JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}` })}\n`)
  let ending = false
  const end = (): void => {
    if (ending) return
    ending = true
    void close().finally(() => process.exit())
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', () => undefined)
  process.stdin.resume().on('end', end)
}
