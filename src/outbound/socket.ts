/** A plain connection through the guard, for what is not HTTP. */

import { connect, type Socket } from 'node:net'
import { Fault } from '../base/faults.ts'
import { faultOfFailure } from './failure.ts'
import type { Guard } from './guard.ts'

export interface SocketOptions {
  readonly guard: Guard
  readonly connectTimeoutMs: number
  readonly ca: readonly string[] | undefined
}

/** `host` as it stands in a URL. Rejects with a Fault; nothing was sent then. */
export const openSocket = (
  options: SocketOptions,
  asked: { readonly host: string; readonly port: number; readonly name: string },
): Promise<Socket> =>
  new Promise((resolve, reject) => {
    // The host is read as a web address has it, so that every way to write a number is the same number to the guard.
    const address = URL.parse(`http://${asked.host}:${asked.port}`)
    if (address === null) throw new Fault('setting_invalid', { message: 'The server is not a host and a port' })
    const host = address.hostname.replace(/^\[(.*)\]$/, '$1')
    const socket = connect({ host, port: asked.port, lookup: options.guard.lookupFor(address) })
    const timer = setTimeout(
      () => socket.destroy(Object.assign(new Error('no connection'), { code: 'ETIMEDOUT' })),
      options.connectTimeoutMs,
    )
    const failed = (error: Error) => {
      clearTimeout(timer)
      reject(faultOfFailure(error, { host: asked.name, started: false, status: null }))
    }
    socket.once('error', failed)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', failed)
      resolve(socket)
    })
  })
