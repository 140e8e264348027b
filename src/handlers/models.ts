import { keyedHash8 } from '../base/seal.ts'
import type { Soon } from '../base/soon.ts'
import type { Database } from '../database/pool.ts'
import type { Model } from '../identity/em.ts'
import type { RarityTerms } from '../identity/explain.ts'
import { createIntake, type Intake } from '../identity/intake.ts'
import { modelFromJson } from '../identity/model-json.ts'
import { shippedAgreement, shippedModel, shippedShare } from '../identity/shipped.ts'
import type { TenantKeys } from '../journal/keyring.ts'

/** Weights, and how common values are. */
export interface Weights {
  /** 0: those shipped with the program. */
  readonly version: number
  readonly model: Model
  readonly rarityOf: (terms: RarityTerms) => { readonly share: number; readonly agreement: number } | null
}

export interface Models {
  /** How records of a country are read. */
  intake(country: string): Intake
  /** Those of a tenant are read once. */
  weights(keys: TenantKeys, which: 'learned' | 'shipped'): Soon<Weights>
  /** What was read of a tenant is read anew. */
  forget(tenantId: string): void
}

/** What stands in `identity_model.model`. */
export interface StoredModel {
  /** As modelToJson writes it. */
  readonly weights: string
  /** By field: the chance that two persons agree. */
  readonly agreement: Readonly<Record<string, number>>
  /** The share of a value that is not among the common ones. */
  readonly share_min: number
}

/** Under which a term is kept. */
export const termKey = (keys: TenantKeys, field: string, term: string): bigint =>
  keyedHash8(keys.lookup, `term|${field}|${term}`)

const COUNTRY = 'US'

export const createModels = (options: { readonly database: Database }): Models => {
  const { database } = options
  const intakes = new Map<string, Intake>()
  const learned = new Map<string, Soon<Weights>>()

  const intake: Models['intake'] = (country) => {
    const known = intakes.get(country)
    if (known) return known
    const made = createIntake(country)
    intakes.set(country, made)
    return made
  }

  const shipped: Weights = {
    version: 0,
    model: shippedModel(intake(COUNTRY).schema),
    rarityOf: ({ field, a, b }) => {
      const [shareA, shareB] = [shippedShare(field, a), shippedShare(field, b)]
      return shareA === null || shareB === null
        ? null
        : { share: Math.max(shareA, shareB), agreement: shippedAgreement(field) }
    },
  }

  const load = async (keys: TenantKeys): Promise<Weights | null> => {
    const { tenantId } = keys
    const [models, terms] = await database.batch(
      [tenantId],
      [
        {
          name: 'load_identity_model',
          text: `select version, model from millrace.identity_model where tenant_id = $1::uuid
                 order by version desc limit 1`,
          values: [tenantId],
        },
        {
          name: 'load_identity_terms',
          text: 'select field, term::text as term, share from millrace.identity_term where tenant_id = $1::uuid',
          values: [tenantId],
        },
      ],
    )
    const row = models?.[0]
    if (!row) return null
    const stored = JSON.parse(row.model as string) as StoredModel
    // Weights of other fields than this program compares: learned by another version of it.
    const model = modelFromJson(intake(COUNTRY).schema, stored.weights)
    if (model === null) return null
    const shares = new Map<string, number>()
    for (const { field, term, share } of terms ?? []) shares.set(`${field}|${term}`, share as number)
    const shareOf = (field: string, term: string): number =>
      shares.get(`${field}|${termKey(keys, field, term)}`) ?? stored.share_min
    return {
      version: row.version as number,
      model,
      rarityOf: ({ field, a, b }) => {
        const agreement = stored.agreement[field]
        if (agreement === undefined || agreement === 0) return null
        const share = a === b ? shareOf(field, a) : Math.max(shareOf(field, a), shareOf(field, b))
        return { share, agreement: Math.max(agreement, stored.share_min / 2) }
      },
    }
  }

  return {
    intake,
    weights: (keys, which) => {
      if (which === 'shipped') return shipped
      const { tenantId } = keys
      const known = learned.get(tenantId)
      if (known) return known
      const reading = load(keys).then((own) => own ?? shipped)
      learned.set(tenantId, reading)
      // Forgotten meanwhile, or failed: the next one reads anew.
      const settle = (weights?: Weights): void => {
        if (learned.get(tenantId) !== reading) return
        if (weights) learned.set(tenantId, weights)
        else learned.delete(tenantId)
      }
      reading.then(settle, () => settle())
      return reading
    },
    forget: (tenantId) => {
      learned.delete(tenantId)
    },
  }
}
