import { hash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDestinationTools } from '../../src/flow/destination-tools.ts'
import { files } from '../../src/integrations/files/index.ts'
import type { AttemptResult } from '../../src/kit/destination.ts'
import { createOutbound, type Outbound } from '../../src/outbound/outbound.ts'
import { openS3Store, type S3Store } from '../support/s3-store.ts'

/** What goes over the wire to an S3 store is signed as it goes: a store that works the signature out anew takes it. */

const KEYS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
const tools = createDestinationTools({ country: 'US', zone: 'UTC' })
let store: S3Store
let outbound: Outbound

beforeAll(async () => {
  store = await openS3Store({ bucket: 'acme-leads', region: 'eu-central-1', ...KEYS })
  outbound = createOutbound({
    allow: ['127.0.0.1'],
    bodyBytesMax: 10_000,
    connectTimeoutMs: 1_000,
    connectionsPerOrigin: 1,
  })
})
afterAll(async () => {
  await outbound.close()
  await store.close()
})

const ROWS = [
  { deliveryId: 'd1', key: 'd1', leadId: 'l1', payload: { name: 'Zoë', note: '100 % "sure"' } },
  { deliveryId: 'd2', key: 'd2', leadId: 'l2', payload: { name: 'Bo', note: '' } },
]
const write = async (over: object, secret = KEYS.secret): Promise<AttemptResult> => {
  const { batch } = files
  if (!batch) throw new Error('files are no batches')
  const s3 = { bucket: 'acme-leads', region: 'eu-central-1', endpoint: store.url, access_key_id: KEYS.accessKeyId }
  const settings = { to: { s3: { ...s3, secret: 's3-secret', ...over } } }
  const content = batch.content(ROWS, settings)
  const made = { name: 'nightly.csv', madeAt: 0, now: 0 }
  const file = { ...made, tenantId: 't', content, digest: hash('sha256', content), rows: ROWS }
  const program = batch.deliver(file, settings, tools)
  for (let step = program.next(); ; ) {
    if (step.done) return step.value as AttemptResult
    const call = await files.authorize(step.value, settings, { secret: () => secret, token: null, now: Date.now() })
    const { status, headers, body } = await outbound.send({ ...call, timeoutMs: 5_000 })
    step = program.next({ status, headers, body })
  }
}

describe('a file for an S3 store', () => {
  it.each(['in', 'in/new leads', 'für/+ &=/a!b*(c)'])('is taken below %s, with its receipt', async (prefix) => {
    expect(await write({ prefix })).toMatchObject({ outcome: 'success', reference: 'nightly.csv' })
    const text = store.objects.get(`acme-leads/${prefix}/nightly.csv`) ?? ''
    expect(text).toContain('Zoë')
    const receipt = JSON.parse(store.objects.get(`acme-leads/${prefix}/nightly.csv.receipt.json`) ?? '{}')
    expect(receipt).toMatchObject({ rows: 2, sha256: hash('sha256', text), bytes: Buffer.byteLength(text) })
  })

  it('that is signed with another key is not, and pauses the destination', async () => {
    const refused = await write({}, 'another key')
    expect(refused).toMatchObject({ outcome: 'error', code: 'destination.credentials' })
    expect(refused.reason).toContain('SignatureDoesNotMatch')
  })

  it('for a bucket that is not there waits for somebody to mend it', async () => {
    expect(await write({ bucket: 'acme-leeds' })).toMatchObject({ outcome: 'error', code: 'setting_invalid' })
  })
})
