import { Fault } from '../base/faults.ts'
import type { MasterKeys } from '../journal/keyring.ts'
import type { Outbound } from '../outbound/outbound.ts'

/**
 * The master key in HashiCorp Vault, or OpenBao: its transit engine wraps and unwraps, and never gives the key away.
 * API: https://developer.hashicorp.com/vault/api-docs/secret/transit (encrypt, decrypt; read November 2026).
 *
 * It is asked at the start and once for each tenant, not for leads. A token that a file holds is read anew at each call:
 * Vault's agent renews it there.
 */
export interface VaultSettings {
  /** `https://vault.internal:8200` */
  readonly address: string
  readonly token: () => string
  readonly mount: string
  readonly key: string
  readonly namespace: string | null
}

const TIMEOUT_MS = 10_000
const TRIES = 3

const problem = (what: string, detail: string): Fault =>
  new Fault('setting_invalid', { message: `VAULT_ADDR: ${what}`, detail })

const textAt = (body: string, field: string): string | null => {
  try {
    const { data } = JSON.parse(body) as { readonly data?: Readonly<Record<string, unknown>> }
    const value = data?.[field]
    return typeof value === 'string' ? value : null
  } catch {
    return null
  }
}

export const vaultMaster = (options: {
  readonly outbound: Pick<Outbound, 'send'>
  readonly settings: VaultSettings
}): MasterKeys => {
  const { outbound, settings } = options
  const base = `${settings.address.replace(/\/+$/, '')}/v1/${settings.mount}`

  const once = async (verb: 'encrypt' | 'decrypt', body: object, field: string): Promise<string> => {
    const { status, body: answer } = await outbound.send({
      url: `${base}/${verb}/${encodeURIComponent(settings.key)}`,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-vault-token': settings.token(),
        'x-vault-request': 'true',
        ...(settings.namespace !== null && { 'x-vault-namespace': settings.namespace }),
      },
      body: JSON.stringify(body),
      timeoutMs: TIMEOUT_MS,
    })
    if (status === 200) {
      const value = textAt(answer, field)
      if (value !== null) return value
      throw problem('Vault answered without what was asked for; is the mount a transit engine?', `${verb} ${status}`)
    }
    if (status === 403) throw problem(`the token may not ${verb} with the key "${settings.key}"`, `${verb} 403`)
    if (status === 404) throw problem(`there is no transit engine at "${settings.mount}"`, `${verb} 404`)
    if (status === 400)
      throw problem(
        `Vault does not ${verb} with the key "${settings.key}": is it the one this database was set up with?`,
        `${verb} 400`,
      )
    throw new Fault('destination.unavailable', {
      message: `Vault answered ${status}: it may be sealed or busy`,
      detail: `${verb} ${status}`,
    })
  }

  /** Asking twice changes nothing: whatever may pass is tried again at once, and then told. */
  const ask = async (verb: 'encrypt' | 'decrypt', body: object, field: string): Promise<string> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await once(verb, body, field)
      } catch (error) {
        const isFinal = error instanceof Fault && error.code === 'setting_invalid'
        if (isFinal || tries === TRIES) throw error
      }
    }
  }

  const current = (): string => `vault:${settings.mount}/${settings.key}`
  return {
    current,
    knows: (by) => by === current(),
    wrap: async (plain) =>
      Buffer.from(await ask('encrypt', { plaintext: Buffer.from(plain).toString('base64') }, 'ciphertext'), 'utf8'),
    unwrap: async (wrapped) =>
      Buffer.from(await ask('decrypt', { ciphertext: Buffer.from(wrapped).toString('utf8') }, 'plaintext'), 'base64'),
  }
}
