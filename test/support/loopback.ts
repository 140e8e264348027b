import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** An HTTP server on 127.0.0.1, at a port of its own. */
export interface Loopback {
  readonly origin: string
  /** Ends with all of its connections, whatever they wait for. */
  close(): Promise<void>
}

export const openLoopback = async (listener: RequestListener): Promise<Loopback> => {
  const sockets = new Set<Socket>()
  const server = createServer(listener)
  // A kept-alive connection is closed by the test, never by the clock.
  server.keepAliveTimeout = 0
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
