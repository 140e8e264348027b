import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterEach, describe, expect, it } from 'vitest'
import { selfSigned } from '../../test/support/certificate.ts'
import { createOutbound, type OutboundOptions, type OutboundRequest } from './outbound.ts'

/** Against a real SMTP server on loopback: what it was given, and what is known when it fails. */

const tls = selfSigned('mail.test')
const closers: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

interface Kept {
  readonly from: string
  readonly to: readonly string[]
  readonly text: string
  readonly secure: boolean
  readonly user: string
}

const mailServer = async (options: SMTPServerOptions = {}): Promise<{ port: number; mails: Kept[] }> => {
  const mails: Kept[] = []
  const server = new SMTPServer({
    ...tls,
    authOptional: true,
    disabledCommands: [],
    logger: false,
    onAuth: ({ username, password }, _session, done) =>
      password === 'right' ? done(null, { user: username }) : done(new Error('Authentication credentials invalid')),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          text: Buffer.concat(chunks).toString(),
          secure: session.secure,
          user: String(session.user ?? ''),
        })
        done(null, 'OK: queued as 4ABC')
      })
    },
    ...options,
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return { port: (server.server.address() as AddressInfo).port, mails }
}

/** Speaks no more SMTP than it is told to. */
const lyingServer = async (serve: (socket: Socket) => void): Promise<number> => {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    serve(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  })
  return (server.address() as AddressInfo).port
}

const outboundOf = (over: Partial<OutboundOptions> = {}) => {
  const outbound = createOutbound({
    allow: ['mail.test'],
    bodyBytesMax: 10_000,
    connectTimeoutMs: 5_000,
    connectionsPerOrigin: 4,
    ca: [tls.cert],
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    ...over,
  })
  closers.push(outbound.close)
  return outbound
}

const mail = (url: string, over: Partial<OutboundRequest> = {}): OutboundRequest => ({
  url,
  method: 'POST',
  headers: {
    from: 'Leads <leads@acme.example>',
    to: 'sales@acme.example, Joe <joe@acme.example>',
    bcc: 'log@acme.example',
    subject: 'New lead: Zoë',
    'message-id': '<dlv-1@acme.example>',
    date: new Date(0).toUTCString(),
  },
  body: JSON.stringify({ text: 'Hi\n.\nthere', html: '<p>Hi</p>' }),
  timeoutMs: 5_000,
  ...over,
})

const login = (password: string) => ({
  headers: { ...mail('').headers, authorization: `Basic ${Buffer.from(`ann:${password}`).toString('base64')}` },
})

describe('a mail', () => {
  it('arrives over STARTTLS, with both its bodies, and nobody sees who got a hidden copy', async () => {
    const { port, mails } = await mailServer()
    const answer = await outboundOf().send(mail(`smtp://mail.test:${port}`, login('right')))
    expect(answer).toMatchObject({ status: 250, body: expect.stringContaining('queued as 4ABC') })
    const [kept] = mails
    expect(kept).toMatchObject({
      from: 'leads@acme.example',
      to: ['sales@acme.example', 'joe@acme.example', 'log@acme.example'],
      secure: true,
      user: 'ann',
    })
    expect(kept?.text).toContain('Message-ID: <dlv-1@acme.example>')
    expect(kept?.text).toMatch(/Content-Type: multipart\/alternative[\s\S]*text\/plain[\s\S]*text\/html/)
    expect(kept?.text).toContain('Subject: =?UTF-8?Q?New_lead=3A_Zo=C3=AB?=')
    expect(kept?.text).not.toContain('log@acme.example')
  })

  it('arrives over TLS from the first byte, and in the clear only where that was said', async () => {
    const secure = await mailServer({ secure: true })
    await outboundOf().send(mail(`smtps://mail.test:${secure.port}`))
    expect(secure.mails[0]?.secure).toBe(true)
    const plain = await mailServer({ disabledCommands: ['STARTTLS'] })
    await outboundOf().send(mail(`smtp://mail.test:${plain.port}?tls=none`))
    expect(plain.mails).toHaveLength(1)
    await expect(outboundOf().send(mail(`smtp://mail.test:${plain.port}`))).rejects.toMatchObject({
      code: 'setting_invalid',
    })
    expect(plain.mails).toHaveLength(1)
  })

  it('is checked without a message', async () => {
    const { port, mails } = await mailServer()
    const check = (password: string) =>
      outboundOf().send(mail(`smtp://mail.test:${port}`, { ...login(password), method: 'GET', body: null }))
    expect((await check('right')).status).toBe(250)
    expect((await check('wrong')).status).toBe(535)
    expect(mails).toHaveLength(0)
  })
})

describe('what the server says no to', () => {
  it.each([
    [
      'a recipient',
      550,
      { onRcptTo: (_a, _s, done) => done(Object.assign(new Error('No such user'), { responseCode: 550 })) },
    ],
    [
      'a sender for now',
      451,
      { onMailFrom: (_a, _s, done) => done(Object.assign(new Error('Later'), { responseCode: 451 })) },
    ],
    [
      'the message',
      554,
      {
        onData: (stream, _session, done) => {
          stream.resume()
          stream.on('end', () => done(Object.assign(new Error('Spam'), { responseCode: 554 })))
        },
      },
    ],
  ] as readonly [string, number, SMTPServerOptions][])('%s is an answer', async (_, status, options) => {
    const { port } = await mailServer(options)
    expect((await outboundOf().send(mail(`smtp://mail.test:${port}`))).status).toBe(status)
  })
})

describe('nothing was sent', () => {
  it.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '169.254.169.254',
    'localhost',
  ])('to %s, which points inwards', async (host) => {
    const { port, mails } = await mailServer()
    const outbound = createOutbound({
      allow: [],
      bodyBytesMax: 1000,
      connectTimeoutMs: 1000,
      connectionsPerOrigin: 1,
    })
    closers.push(outbound.close)
    await expect(outbound.send(mail(`smtp://${host}:${port}`))).rejects.toMatchObject({ code: 'destination.blocked' })
    expect(mails).toHaveLength(0)
  })

  it('where a public name points inwards', async () => {
    const outbound = outboundOf({ allow: [] })
    await expect(outbound.send(mail('smtp://mail.test:25'))).rejects.toMatchObject({ code: 'destination.blocked' })
  })

  it('where the certificate is not that of the server', async () => {
    const { port } = await mailServer({ secure: true })
    const outbound = outboundOf({ allow: ['other.test'] })
    await expect(outbound.send(mail(`smtps://other.test:${port}`))).rejects.toMatchObject({
      code: 'destination.unavailable',
    })
  })

  it('where a password would go in the clear', async () => {
    const { port } = await mailServer()
    await expect(outboundOf().send(mail(`smtp://mail.test:${port}?tls=none`, login('right')))).rejects.toMatchObject({
      code: 'setting_invalid',
    })
  })

  it('where the server refuses the connection, says nothing, or breaks off before the message', async () => {
    const silent = await lyingServer(() => undefined)
    await expect(
      outboundOf().send(mail(`smtp://mail.test:${silent}?tls=none`, { timeoutMs: 200 })),
    ).rejects.toMatchObject({ code: 'destination.unavailable' })
    const rude = await lyingServer((socket) => socket.end())
    await expect(outboundOf().send(mail(`smtp://mail.test:${rude}?tls=none`))).rejects.toMatchObject({
      code: 'destination.unavailable',
    })
  })
})

/** As far as the message, then `atTheEnd` in place of an answer. */
const takesAllBut = (atTheEnd: (socket: Socket) => void) =>
  lyingServer((socket) => {
    socket.write('220 mail.test ESMTP\r\n')
    let inData = false
    socket.on('data', (chunk) => {
      const text = chunk.toString()
      if (inData) {
        if (text.endsWith('\r\n.\r\n')) atTheEnd(socket)
      } else if (/^EHLO/m.test(text)) socket.write('250 mail.test\r\n')
      else if (/^DATA/m.test(text)) {
        inData = true
        socket.write('354 go on\r\n')
      } else socket.write('250 ok\r\n')
    })
  })

describe('nobody knows whether it was taken', () => {
  it('where the connection breaks after the message', async () => {
    const port = await takesAllBut((socket) => socket.destroy())
    await expect(outboundOf().send(mail(`smtp://mail.test:${port}?tls=none`))).rejects.toMatchObject({
      code: 'destination.unknown_outcome',
    })
  })

  it('where no answer comes in time', async () => {
    const port = await takesAllBut(() => undefined)
    await expect(
      outboundOf().send(mail(`smtp://mail.test:${port}?tls=none`, { timeoutMs: 300 })),
    ).rejects.toMatchObject({
      code: 'destination.unknown_outcome',
    })
  })
})

it('a server that talks without end is cut off', async () => {
  const port = await lyingServer((socket) => {
    const talk = () => {
      while (!socket.destroyed && socket.write(`250-${'x'.repeat(10_000)}\r\n`));
    }
    socket.on('drain', talk)
    talk()
  })
  await expect(outboundOf().send(mail(`smtp://mail.test:${port}?tls=none`))).rejects.toMatchObject({ name: 'Fault' })
})
