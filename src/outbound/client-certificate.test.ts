import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { selfSigned } from '../../test/support/certificate.ts'
import { createOutbound } from './outbound.ts'

const server = selfSigned('crm.test')
const ann = selfSigned('ann')
const bob = selfSigned('bob')
let port = 0

/** Lets in only who shows one of two certificates, and says whose. */
const listener = createServer(
  { ...server, requestCert: true, rejectUnauthorized: true, ca: [ann.cert, bob.cert] },
  (request, response) => {
    response.end((request.socket as TLSSocket).getPeerCertificate().subject.CN)
  },
)
const outbound = createOutbound({
  allow: ['crm.test'],
  bodyBytesMax: 1000,
  connectTimeoutMs: 5_000,
  connectionsPerOrigin: 2,
  ca: [server.cert],
  resolve: async () => [{ address: '127.0.0.1', family: 4 }],
})
beforeAll(async () => {
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  port = (listener.address() as AddressInfo).port
})
afterAll(async () => {
  await outbound.close()
  await new Promise((resolve) => listener.close(resolve))
})

const send = (pair?: { readonly key: string; readonly cert: string }) =>
  outbound.send({
    url: `https://crm.test:${port}/`,
    method: 'GET',
    headers: {},
    body: null,
    timeoutMs: 5_000,
    ...(pair && { certificate: { certificate: pair.cert, key: pair.key, passphrase: null } }),
  })

it('shows each request’s own certificate, never that of another on a kept connection', async () => {
  for (const [pair, name] of [
    [ann, 'ann'],
    [bob, 'bob'],
    [ann, 'ann'],
    [bob, 'bob'],
  ] as const)
    expect((await send(pair)).body).toBe(name)
  await expect(send()).rejects.toMatchObject({ name: 'Fault' })
})

it('says that a certificate cannot be used, and quotes nothing of it', async () => {
  const fault = await send({ cert: ann.cert, key: bob.key }).catch((error) => error)
  expect(fault).toMatchObject({ code: 'setting_invalid' })
  expect(fault.message).not.toContain('BEGIN')
  expect(await send({ cert: 'SECRET-JUNK', key: 'SECRET-JUNK' }).catch((error) => error.message)).not.toContain('JUNK')
})
