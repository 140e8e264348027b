/**
 * Vault's transit engine as its documentation describes it, as far as it is used: encrypt and decrypt over HTTP with a
 * token. https://developer.hashicorp.com/vault/api-docs/secret/transit
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { openSink, type Sink } from './sink.ts'

export interface FakeVault {
  readonly url: string
  readonly token: string
  readonly sink: Sink
  /** A new version of the key: it encrypts from now on, older ones still open. */
  rotate(): void
  /** Answers 503, as a sealed Vault does. */
  seal(sealed: boolean): void
  close(): Promise<void>
}

const json = (status: number, body: object) => ({
  do: 'answer' as const,
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

export const openVault = async (options: { readonly key: string; readonly mount?: string }): Promise<FakeVault> => {
  const { key, mount = 'transit' } = options
  const token = `hvs.${randomBytes(12).toString('hex')}`
  const versions = [randomBytes(32)]
  let sealed = false
  const sink = await openSink()
  sink.otherwise((request) => {
    if (sealed) return json(503, { errors: ['Vault is sealed'] })
    if (request.headers['x-vault-token'] !== token) return json(403, { errors: ['permission denied'] })
    const [, verb, name] = new RegExp(`^/v1/${mount}/(encrypt|decrypt)/(.+)$`).exec(request.path) ?? []
    if (request.method !== 'POST' || verb === undefined) return json(404, { errors: [] })
    if (name !== key) return json(400, { errors: ['encryption key not found'] })
    const body = JSON.parse(request.body) as { readonly plaintext?: string; readonly ciphertext?: string }
    if (verb === 'encrypt') {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', versions.at(-1) as Buffer, nonce)
      const bytes = Buffer.concat([
        nonce,
        cipher.update(body.plaintext ?? '', 'base64'),
        cipher.final(),
        cipher.getAuthTag(),
      ])
      return json(200, {
        data: { ciphertext: `vault:v${versions.length}:${bytes.toString('base64')}`, key_version: versions.length },
      })
    }
    const [, version, text] = /^vault:v(\d+):(.+)$/.exec(body.ciphertext ?? '') ?? []
    const secret = versions[Number(version) - 1]
    if (secret === undefined || text === undefined) return json(400, { errors: ['invalid ciphertext: no prefix'] })
    const bytes = Buffer.from(text, 'base64')
    const decipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(0, 12))
    decipher.setAuthTag(bytes.subarray(-16))
    const plain = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
    return json(200, { data: { plaintext: plain.toString('base64') } })
  })
  return {
    url: sink.url,
    token,
    sink,
    rotate: () => {
      versions.push(randomBytes(32))
    },
    seal: (to) => {
      sealed = to
    },
    close: sink.close,
  }
}
