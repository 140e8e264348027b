/**
 * Files to an SFTP server: through the same guard as every other call, to a server whose key is known beforehand, bounded
 * in time. A file is written under another name and then renamed.
 */

import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { Client, type SFTPWrapper } from 'ssh2'
import { Fault, isFault } from '../base/faults.ts'
import { faultOfFailure, timedOut } from './failure.ts'
import type { OutboundRequest, OutboundResponse } from './outbound.ts'
import { safeParts } from './put-file.ts'
import { openSocket, type SocketOptions } from './socket.ts'

interface Login {
  readonly username: string
  readonly password?: string
  readonly privateKey?: string
}

/** `Basic user:password`, or `Key user:pem`, in base64. */
const loginOf = (request: OutboundRequest): Login => {
  const [, scheme, coded = ''] = /^(Basic|Key) (.+)$/.exec(request.headers.authorization ?? '') ?? []
  const [username = '', ...rest] = Buffer.from(coded, 'base64').toString('utf8').split(':')
  return scheme === 'Key' ? { username, privateKey: rest.join(':') } : { username, password: rest.join(':') }
}

/** As `ssh-keygen -lf` shows it. */
const fingerprintOf = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`

const put = async (sftp: SFTPWrapper, parts: readonly string[], body: string | Uint8Array): Promise<void> => {
  const run = (act: (done: (error?: Error | null) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => act((error) => (error ? reject(error) : resolve())))
  for (let depth = 1; depth < parts.length; depth += 1)
    // It may be there already, and a server may not say so apart from other refusals: the write tells.
    await run((done) => sftp.mkdir(parts.slice(0, depth).join('/'), () => done()))
  const path = parts.join('/')
  const part = `${path}.part`
  await run((done) => sftp.writeFile(part, Buffer.from(body), done))
  // The plain rename of SFTP refuses a name that is taken; written again, the file must take its own place.
  await run((done) => sftp.ext_openssh_rename(part, path, done)).catch(async () => {
    await run((done) => sftp.unlink(path, () => done()))
    await run((done) => sftp.rename(part, path, done))
  })
}

/** PUT of `sftp://host:port/<folders>/<name>` with `x-host-key: SHA256:…`; GET only logs in and looks. */
export const sendFile = async (options: SocketOptions, request: OutboundRequest): Promise<OutboundResponse> => {
  const beganAt = performance.now()
  const url = new URL(request.url)
  const parts = safeParts(url)
  const wanted = request.headers['x-host-key'] ?? ''
  const port = Number(url.port || 22)
  const name = `${url.hostname}:${port}`
  const socket: Socket = await openSocket(options, { host: url.host.replace(/:\d+$/, ''), port, name })
  const client = new Client()
  let stranger = false
  const session = new Promise<SFTPWrapper>((resolve, reject) => {
    client.once('error', reject)
    client.once('close', () => reject(Object.assign(new Error('the connection ended'), { code: 'ECONNRESET' })))
    client.once('ready', () => client.sftp((error, sftp) => (error ? reject(error) : resolve(sftp))))
    client.connect({
      sock: socket,
      ...loginOf(request),
      readyTimeout: options.connectTimeoutMs,
      hostVerifier: (key: Buffer) => {
        stranger = fingerprintOf(key) !== wanted
        return !stranger
      },
    })
  })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    // What is under another name is not taken: a file that was not renamed in time is sent again.
    const fault = timedOut({ host: name, started: false, status: null }, request.timeoutMs)
    timer = setTimeout(() => reject(fault), request.timeoutMs)
  })
  try {
    const work = session.then((sftp) =>
      request.method === 'GET'
        ? new Promise<void>((resolve, reject) =>
            sftp.stat(parts.join('/') || '.', (error) => (error ? reject(error) : resolve())),
          )
        : put(sftp, parts, request.body ?? ''),
    )
    work.catch(() => undefined)
    await Promise.race([work, late])
    return { status: 201, headers: {}, body: '', ms: performance.now() - beganAt }
  } catch (error) {
    if (isFault(error)) throw error
    if (stranger)
      throw new Fault('destination.blocked', {
        message: `${name} has another key than the flow says: nothing was sent. Look whether it was exchanged`,
      })
    if ((error as { level?: unknown }).level === 'client-authentication')
      throw new Fault('destination.credentials', { message: `${name} does not accept the login` })
    throw faultOfFailure(error, { host: name, started: false, status: null })
  } finally {
    clearTimeout(timer)
    client.on('error', () => undefined)
    client.end()
    socket.destroy()
  }
}
