import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ADMIN, type TestApi, testApi } from '../../test/support/api.ts'
import { createMailer, type Mailer } from '../outbound/mail.ts'

/** Invitations and resets by a real SMTP server on loopback, as a user gets them. */

interface Mailed {
  readonly from: string
  readonly to: readonly string[]
  readonly text: string
}

let api: TestApi
let server: SMTPServer
let mailer: Mailer
let app: Awaited<ReturnType<TestApi['appWith']>>
let token = ''
const mails: Mailed[] = []
let arrived: (() => void) | null = null
let isRefusing = false

beforeAll(async () => {
  server = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onAuth: ({ username, password }, _session, done) =>
      username === 'mill' && password === 'race' ? done(null, { user: username }) : done(new Error('no')),
    onRcptTo: (_address, _session, done) =>
      isRefusing ? done(Object.assign(new Error('mailbox full'), { responseCode: 452 })) : done(),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          text: Buffer.concat(chunks).toString(),
        })
        done()
        arrived?.()
      })
    },
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  mailer = createMailer({ url: `smtp://mill:race@127.0.0.1:${port}`, from: 'Millrace <leads@acme.example>' })
  api = await testApi()
  token = await api.signIn(ADMIN)
  app = await api.appWith({
    mail: mailer.send,
    settings: { ...api.deps.settings, publicUrl: 'https://leads.acme.example' },
  })
})
afterAll(async () => {
  mailer.close()
  await api.close()
  await new Promise<void>((resolve) => server.close(() => resolve()))
})

const post = (url: string, payload: object) =>
  app.inject({ method: 'POST', url, headers: { authorization: `Bearer ${token}`, host: 'evil.example' }, payload })
const mail = () =>
  new Promise<void>((resolve) => {
    arrived = resolve
  })
/** Long lines are folded by `=` at their end, and `=` itself is written out. */
const linkIn = ({ text }: Mailed): string =>
  /https:\/\/\S+/.exec(text.replaceAll(/=\r\n/g, '').replaceAll('=3D', '='))?.[0] ?? ''

it('an invitation comes by mail, and its link sets the password once', async () => {
  const answer = await post('/api/v1/users', { email: 'New@acme.example', role: 'operator' })
  expect(answer.json().invitation).toMatchObject({ mailed: true })
  expect(mails).toHaveLength(1)
  const [sent] = mails as [Mailed]
  expect([sent.from, sent.to]).toEqual(['leads@acme.example', ['New@acme.example']])
  expect(sent.text).toMatch(/^Subject: Your invitation to Millrace\r$/m)
  // A host that a request made up gets into no mail.
  expect(sent.text).not.toContain('evil.example')
  const link = linkIn(sent)
  expect(link).toBe(answer.json().invitation.url)
  expect(link).toMatch(/^https:\/\/leads\.acme\.example\/join#/)
  const take = { token: link.split('#')[1], password: 'a password of mine' }
  expect((await post('/api/v1/auth/link', take)).statusCode).toBe(200)
  expect((await post('/api/v1/auth/link', take)).statusCode).toBe(401)
  const login = { email: 'new@acme.example', password: take.password }
  expect((await post('/api/v1/auth/login', login)).statusCode).toBe(200)
})

it('a reset comes to who is known, in whatever case they wrote it, and to nobody else', async () => {
  mails.length = 0
  for (const email of ['nobody@acme.example', ' NEW@acme.example ']) {
    const waiting = email.startsWith(' ') ? mail() : Promise.resolve()
    expect((await post('/api/v1/auth/forgotten', { email })).statusCode).toBe(202)
    await waiting
  }
  expect(mails.map(({ to }) => to)).toEqual([['New@acme.example']])
  const link = linkIn(mails[0] as Mailed)
  expect(link).toMatch(/^https:\/\/leads\.acme\.example\/reset#/)
  const login = { email: 'new@acme.example', password: 'a password of mine' }
  const { access_token: before } = (await post('/api/v1/auth/login', login)).json()
  const take = { token: link.split('#')[1], password: 'another password' }
  expect((await post('/api/v1/auth/link', take)).statusCode).toBe(200)
  expect((await post('/api/v1/auth/login', login)).statusCode).toBe(401)
  const mine = await app.inject({ url: '/api/v1/auth/session', headers: { authorization: `Bearer ${before}` } })
  expect(mine.statusCode).toBe(401)
})

it('goes to one address three times an hour at most, whoever asks', async () => {
  mails.length = 0
  for (let n = 0; n < 5; n += 1) {
    const waiting = n < 2 ? mail() : Promise.resolve()
    await post('/api/v1/auth/forgotten', { email: 'new@acme.example' })
    await waiting
  }
  // Whatever was still on its way would be before this one.
  await post('/api/v1/users', { email: 'last@acme.example', role: 'analyst' })
  expect(mails.map(({ to }) => to.join())).toEqual(['New@acme.example', 'New@acme.example', 'last@acme.example'])
})

it('where the mail cannot be sent, the admin is told and has the link; no address is logged', async () => {
  isRefusing = true
  const answer = await post('/api/v1/users', { email: 'full@acme.example', role: 'analyst' })
  expect([answer.statusCode, answer.json().invitation.mailed]).toEqual([201, false])
  expect(answer.json().invitation.url).toMatch(/^https:\/\/leads\.acme\.example\/join#/)
  expect(api.logged.join('')).toContain('a mail with a link could not be sent')
  expect(api.logged.join('')).not.toMatch(/full@acme|new@acme|join#|reset#/i)
})
