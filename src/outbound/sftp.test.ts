import { createHash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import ssh2 from 'ssh2'
import { afterEach, describe, expect, it } from 'vitest'
import { createOutbound, type OutboundRequest } from './outbound.ts'

/** Against a real SSH server on loopback, with as much of SFTP as writing a file takes. */

const { Server, utils } = ssh2
const { STATUS_CODE } = utils.sftp
const hostKey = utils.generateKeyPairSync('ed25519')
const userKey = utils.generateKeyPairSync('ed25519')
const parsed = utils.parseKey(hostKey.public)
const fingerprint = `SHA256:${createHash('sha256')
  .update(
    (Array.isArray(parsed) ? parsed[0] : parsed) instanceof Error ? '' : (parsed as ssh2.ParsedKey).getPublicSSH(),
  )
  .digest('base64')
  .replace(/=+$/, '')}`

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** What was written, by name, and every step in order. */
const sftpServer = async () => {
  const kept = new Map<string, string>()
  const steps: string[] = []
  const server = new Server({ hostKeys: [hostKey.private] }, (client) => {
    client.on('error', () => undefined)
    client.on('authentication', (auth) => {
      if (auth.method === 'password' && auth.username === 'ann' && auth.password === 'right') return auth.accept()
      if (auth.method === 'publickey' && auth.username === 'key') return auth.accept()
      return auth.reject(['password', 'publickey'])
    })
    client.on('session', (accept) =>
      accept().on('sftp', (acceptSftp) => {
        const sftp = acceptSftp()
        const open = new Map<number, string>()
        sftp.on('OPEN', (id, name) => {
          open.set(open.size, name)
          kept.set(name, '')
          steps.push(`open ${name}`)
          sftp.handle(id, Buffer.from([open.size - 1]))
        })
        sftp.on('WRITE', (id, handle, _offset, data) => {
          const name = open.get(handle[0] ?? -1) ?? ''
          kept.set(name, (kept.get(name) ?? '') + data.toString())
          sftp.status(id, STATUS_CODE.OK)
        })
        sftp.on('FSTAT', (id) => sftp.status(id, STATUS_CODE.OP_UNSUPPORTED))
        sftp.on('FSETSTAT', (id) => sftp.status(id, STATUS_CODE.OK))
        sftp.on('CLOSE', (id) => sftp.status(id, STATUS_CODE.OK))
        sftp.on('MKDIR', (id, name) => {
          steps.push(`mkdir ${name}`)
          sftp.status(id, STATUS_CODE.OK)
        })
        sftp.on('STAT', (id) => sftp.attrs(id, { mode: 0o755, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 }))
        sftp.on('REMOVE', (id, name) => {
          kept.delete(name)
          sftp.status(id, STATUS_CODE.OK)
        })
        sftp.on('RENAME', (id, from, to) => {
          steps.push(`rename ${from} ${to}`)
          kept.set(to, kept.get(from) ?? '')
          kept.delete(from)
          sftp.status(id, STATUS_CODE.OK)
        })
      }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return { port: (server.address() as AddressInfo).port, kept, steps }
}

const outboundOf = (allow: readonly string[] = ['sftp.test']) => {
  const outbound = createOutbound({
    allow,
    bodyBytesMax: 1000,
    connectTimeoutMs: 5_000,
    connectionsPerOrigin: 1,
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
  })
  closers.push(outbound.close)
  return outbound
}

const put = (url: string, login: string, over: Partial<OutboundRequest> = {}): OutboundRequest => ({
  url,
  method: 'PUT',
  headers: { 'x-host-key': fingerprint, authorization: login },
  body: 'a,b\r\n1,2\r\n',
  timeoutMs: 10_000,
  ...over,
})
const password = (secret: string) => `Basic ${Buffer.from(`ann:${secret}`).toString('base64')}`
const key = `Key ${Buffer.from(`key:${userKey.private}`).toString('base64')}`

describe('a file by SFTP', () => {
  it.each([
    ['a password', password('right')],
    ['a key', key],
  ])('is written under another name and renamed, with %s', async (_, login) => {
    const { port, kept, steps } = await sftpServer()
    const answer = await outboundOf().send(put(`sftp://sftp.test:${port}/in/leads.csv`, login))
    expect(answer.status).toBe(201)
    expect([...kept]).toEqual([['in/leads.csv', 'a,b\r\n1,2\r\n']])
    expect(steps).toEqual(['mkdir in', 'open in/leads.csv.part', 'rename in/leads.csv.part in/leads.csv'])
  })

  it('goes to no server whose key is another', async () => {
    const { port, kept } = await sftpServer()
    const stranger = { headers: { 'x-host-key': `SHA256:${'A'.repeat(43)}`, authorization: password('right') } }
    await expect(outboundOf().send(put(`sftp://sftp.test:${port}/x.csv`, '', stranger))).rejects.toMatchObject({
      code: 'destination.blocked',
    })
    expect(kept.size).toBe(0)
  })

  it('tells a refused login, and quotes nothing of it', async () => {
    const { port } = await sftpServer()
    const fault = await outboundOf()
      .send(put(`sftp://sftp.test:${port}/x.csv`, password('wrong-secret')))
      .catch((e) => e)
    expect(fault).toMatchObject({ code: 'destination.credentials' })
    expect(fault.message).not.toContain('wrong-secret')
  })

  it('is checked without writing one', async () => {
    const { port, kept } = await sftpServer()
    const check = put(`sftp://sftp.test:${port}/in`, password('right'), { method: 'GET', body: null })
    expect((await outboundOf().send(check)).status).toBe(201)
    expect(kept.size).toBe(0)
  })

  it.each(['127.0.0.1', '2130706433', '[::1]', 'sftp.test'])(
    'does not go to %s, which points inwards',
    async (host) => {
      const { port } = await sftpServer()
      await expect(outboundOf([]).send(put(`sftp://${host}:${port}/x.csv`, password('right')))).rejects.toMatchObject({
        code: 'destination.blocked',
      })
    },
  )

  it('on this machine has no host: an address of another kind is not turned into one', async () => {
    const outbound = createOutbound({
      allow: [],
      bodyBytesMax: 1000,
      connectTimeoutMs: 1000,
      connectionsPerOrigin: 1,
      filesDir: '/nowhere/there',
    })
    closers.push(outbound.close)
    await expect(outbound.send(put('file://buyer.example/other/out/x.csv', ''))).rejects.toMatchObject({
      code: 'setting_invalid',
    })
  })

  it.each([
    'sftp://sftp.test/..%2f..%2fetc/passwd',
    'sftp://sftp.test/.ssh/authorized_keys',
    'file:///a/%2e%2e/b',
    'file:///a/..%2fb',
  ])('%s is no place for one', async (url) => {
    await expect(outboundOf().send(put(url, password('right')))).rejects.toMatchObject({ code: 'setting_invalid' })
  })
})
