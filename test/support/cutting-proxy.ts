/** Passes on what is sent to another port, until it is told to cut lines: these then stay open and silent, as lost ones do. */

import { connect, createServer, type Socket } from 'node:net'

export interface CuttingProxy {
  readonly url: string
  /** Lines on which this was asked for: nothing passes any more, and neither end is told. Answers how many. */
  cut(path: string): number
  close(): Promise<void>
}

export const openCuttingProxy = async (port: number): Promise<CuttingProxy> => {
  const lines = new Set<{ readonly near: Socket; readonly far: Socket; asked: string }>()
  const server = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port })
    const line = { near, far, asked: '' }
    lines.add(line)
    near.on('data', (data) => {
      line.asked = data.toString('latin1').split('\r\n')[0] ?? ''
      far.write(data)
    })
    far.on('data', (data) => near.write(data))
    const end = (): void => {
      lines.delete(line)
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) socket.on('error', end).on('close', end)
  })
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it listens on a port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    cut: (path) => {
      const cut = [...lines].filter(({ asked }) => asked.includes(` ${path} `))
      for (const { far } of cut) far.removeAllListeners('data').pause()
      return cut.length
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const { near } of lines) near.destroy()
      await closed
    },
  }
}
