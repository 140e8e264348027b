/**
 * A host that lets calls hang before they are connected: it listens and accepts nothing, and its queue is full, so the
 * kernel answers no further SYN. Real, on 127.0.0.1.
 */

import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'

export interface DeafListener {
  readonly url: string
  close(): Promise<void>
}

/** Listens with the shortest queue there is, then never looks again until it is told to. */
const LISTENS = `
const { createServer } = require('node:net')
const { parentPort, workerData } = require('node:worker_threads')
const server = createServer((socket) => socket.destroy())
server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
  parentPort.postMessage(server.address().port)
  Atomics.wait(workerData, 0, 0)
  server.close()
})`

/** More than the queue holds: of these some are connected, and all that come after are not. */
const CALLERS = 8

export const openDeafListener = async (): Promise<DeafListener> => {
  const flag = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(LISTENS, { eval: true, workerData: flag })
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  const callers: Socket[] = []
  let connected = 0
  for (let n = 0; n < CALLERS; n += 1) {
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('error', () => undefined)
    socket.once('connect', () => {
      connected += 1
    })
    callers.push(socket)
  }
  while (connected < 2) await new Promise((resolve) => setImmediate(resolve))
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      for (const socket of callers) socket.destroy()
      Atomics.store(flag, 0, 1)
      Atomics.notify(flag, 0)
      await worker.terminate()
    },
  }
}
