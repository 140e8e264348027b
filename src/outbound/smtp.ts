/**
 * Mail out of the building, by the SMTP server a destination names: through the same guard as every other call, bounded in
 * time and size, and exact about what is known when it fails. The line is the first byte of the message: before it the
 * server has nothing.
 */

import MailComposer from 'nodemailer/lib/mail-composer'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import { Fault, isFault } from '../base/faults.ts'
import { faultOfFailure, timedOut } from './failure.ts'
import type { OutboundRequest, OutboundResponse } from './outbound.ts'
import { openSocket, type SocketOptions } from './socket.ts'

/** A server that talks more than this is no mail server. */
const TALK_BYTES_MAX = 256 * 1024
const LOOK_MS = 100

const SECURITY = ['tls', 'starttls', 'none'] as const
const PORTS: Readonly<Record<(typeof SECURITY)[number], number>> = { tls: 465, starttls: 587, none: 25 }

interface Server {
  readonly host: string
  readonly port: number
  readonly security: (typeof SECURITY)[number]
}

/** `smtps://host:465`, `smtp://host:587`, and `smtp://host:25?tls=none`, which alone speaks in the clear. */
const serverOf = (text: string): Server => {
  const url = URL.parse(text)
  const host = url === null ? null : URL.parse(`http://${url.host}`)
  if (url === null || host === null)
    throw new Fault('setting_invalid', { message: 'The mail server is not a host and a port' })
  const security = url.protocol === 'smtps:' ? 'tls' : url.searchParams.get('tls') === 'none' ? 'none' : 'starttls'
  return { host: host.hostname, port: Number(url.port || PORTS[security]), security }
}

/** What the server said, where it said anything: an answer, not a fault. */
interface Said {
  readonly status: number
  readonly text: string
}

const saidIn = (error: unknown): Said | null => {
  if (typeof error !== 'object' || error === null || !('responseCode' in error)) return null
  const status = Number(error.responseCode)
  const text = 'response' in error && typeof error.response === 'string' ? error.response : ''
  return Number.isInteger(status) && status >= 400 ? { status, text } : null
}

interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly raw: Buffer
}

const split = (list: string | undefined): string[] =>
  (list ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')

/** `Ann <ann@example.com>` as `ann@example.com`. */
const bare = (address: string): string => /<([^<>]+)>\s*$/.exec(address)?.[1] ?? address

const mailOf = async (request: OutboundRequest): Promise<Mail> => {
  const { from = '', to, cc, bcc, subject = '', 'reply-to': replyTo, 'message-id': messageId, date } = request.headers
  const { text, html } = JSON.parse(typeof request.body === 'string' ? request.body : '{}') as Record<string, unknown>
  const node = new MailComposer({
    from,
    to: split(to),
    cc: split(cc),
    subject,
    ...(replyTo !== undefined && { replyTo }),
    ...(messageId !== undefined && { messageId }),
    ...(date !== undefined && { date: new Date(date) }),
    ...(typeof text === 'string' && { text }),
    ...(typeof html === 'string' && { html }),
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile()
  const raw = await new Promise<Buffer>((resolve, reject) =>
    node.build((error, built) => (error ? reject(error) : resolve(built))),
  )
  return { from: bare(from), to: [...split(to), ...split(cc), ...split(bcc)].map(bare), raw }
}

const loginOf = (request: OutboundRequest): { readonly user: string; readonly pass: string } | null => {
  const coded = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (coded === undefined) return null
  const [user = '', ...pass] = Buffer.from(coded, 'base64').toString('utf8').split(':')
  return { user, pass: pass.join(':') }
}

/**
 * POST sends the message that headers (`from`, `to`, `cc`, `bcc`, `subject`, `reply-to`, `message-id`, `date`) and body
 * (JSON of `text` and `html`) make; GET only says hello and logs in. The answer's status is SMTP's. Rejects as
 * `Outbound.send` does.
 */
export const sendMail = async (options: SocketOptions, request: OutboundRequest): Promise<OutboundResponse> => {
  const beganAt = performance.now()
  const server = serverOf(request.url)
  const name = `${server.host}:${server.port}`
  const mail = request.method === 'GET' ? null : await mailOf(request)
  const login = loginOf(request)
  if (login !== null && server.security === 'none')
    throw new Fault('setting_invalid', {
      message: `A password is not sent in the clear to ${name}: use tls or starttls`,
    })
  const socket = await openSocket(options, { ...server, name })
  let started = false
  const context = () => ({ host: name, started, status: null })
  const session = new SMTPConnection({
    connection: socket,
    host: server.host.replace(/^\[(.*)\]$/, '$1'),
    port: server.port,
    secure: server.security === 'tls',
    requireTLS: server.security === 'starttls',
    ignoreTLS: server.security === 'none',
    ...(options.ca && { tls: { ca: [...options.ca] } }),
  })

  const exchange = new Promise<Said>((resolve, reject) => {
    const failed = (error: unknown): void => {
      const said = saidIn(error)
      if (said !== null && (error as { code?: unknown }).code === 'ETLS')
        reject(new Fault('setting_invalid', { message: `${name} does not do STARTTLS: nothing was sent in the clear` }))
      else if (said === null) reject(isFault(error) ? error : faultOfFailure(error, context()))
      else resolve(said)
    }
    session.once('error', failed)
    session.once('end', () => failed(Object.assign(new Error('the connection ended'), { code: 'ECONNRESET' })))
    const send = (): void => {
      if (mail === null) {
        resolve({ status: 250, text: '' })
        return
      }
      const { from, to, raw } = mail
      // Asked for only when the envelope was accepted: who refuses it before has nothing of the message.
      const message = {
        pipe: (stream: NodeJS.WritableStream) => {
          started = true
          stream.end(raw)
        },
      }
      session.send({ from, to: [...to], size: raw.length }, message as never, (error, info) => {
        if (error) failed(error)
        else if (info.rejected.length > 0)
          resolve({
            status: 250,
            text: `${info.response} (${info.rejected.length} of ${to.length} recipients refused)`,
          })
        else resolve({ status: 250, text: info.response })
      })
    }
    session.connect((error) => {
      if (error) failed(error)
      else if (login === null) send()
      else
        session.login({ credentials: login, user: login.user, pass: login.pass } as never, (refused) =>
          refused ? failed(refused) : send(),
        )
    })
  })
  let timer: NodeJS.Timeout | undefined
  let watch: NodeJS.Timeout | undefined
  const bounded = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timedOut(context(), request.timeoutMs)), request.timeoutMs)
    watch = setInterval(() => {
      if (socket.bytesRead > TALK_BYTES_MAX)
        reject(
          new Fault(started ? 'destination.answer_too_large' : 'destination.unavailable', {
            message: `${name} answers with more than a mail server does`,
          }),
        )
    }, LOOK_MS)
  })
  try {
    const said = await Promise.race([exchange, bounded])
    return { status: said.status, headers: {}, body: said.text, ms: performance.now() - beganAt }
  } finally {
    clearTimeout(timer)
    clearInterval(watch)
    exchange.catch(() => undefined)
    session.close()
    socket.destroy()
  }
}
