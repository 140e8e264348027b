/** Stands between us and a database: lines through it can be lost, as when a machine between them loses its power. */

import { createServer, Socket } from 'node:net'
import { join } from 'node:path'

export interface LossyRelay {
  readonly port: number
  /** Lines that stand: the server's end is closed, ours stays open and silent. New ones pass. */
  loseServer(): void
  /** Lines that stand, and new ones from now on: nothing passes any more, and neither end is told. */
  goDeaf(): void
  /** New lines pass again. */
  hearAgain(): void
  close(): Promise<void>
}

export const openLossyRelay = async (target: { readonly host: string; readonly port: number }): Promise<LossyRelay> => {
  const lines = new Set<{ readonly near: Socket; readonly far: Socket; deaf: boolean }>()
  let isDeaf = false
  const server = createServer((near) => {
    const far = new Socket()
    if (target.host.startsWith('/')) far.connect(join(target.host, `.s.PGSQL.${target.port}`))
    else far.connect(target.port, target.host)
    const line = { near, far, deaf: isDeaf }
    lines.add(line)
    const pass = (from: Socket, to: Socket): void => {
      from.on('data', (data) => {
        if (!line.deaf) to.write(data)
      })
      from.on('error', () => undefined)
      from.on('close', () => {
        if (!line.deaf) to.destroy()
      })
    }
    pass(near, far)
    pass(far, near)
  })
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it listens on a port')
  const deafen = (): void => {
    for (const line of lines) line.deaf = true
  }
  return {
    port: address.port,
    loseServer: () => {
      deafen()
      for (const { far } of lines) far.destroy()
    },
    goDeaf: () => {
      isDeaf = true
      deafen()
    },
    hearAgain: () => {
      isDeaf = false
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const { near, far } of lines) {
        near.destroy()
        far.destroy()
      }
      await closed
    },
  }
}
