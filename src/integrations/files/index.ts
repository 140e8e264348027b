import { AwsV4Signer } from 'aws4fetch'
import { sha256 } from '../../base/signing.ts'
import { isZone, nextBatchAt } from '../../kit/batch-window.ts'
import {
  type AttemptResult,
  type BatchRow,
  type Call,
  type CallAnswer,
  defineDestination,
} from '../../kit/destination.ts'
import { faultOfStatus, retryAfterMs } from '../../kit/http-status.ts'
import { contentOf } from './content.ts'
import { FilesSettings } from './settings.ts'

/** Leads in files: collected for a while, then written in one go to a folder, an SFTP server or an S3 store. */

const pathOf = (...parts: readonly (string | undefined)[]): string =>
  parts
    .flatMap((part) => (part === undefined ? [] : part.split('/')))
    .map(encodeURIComponent)
    .join('/')

const urlOf = ({ to }: FilesSettings, tenantId: string, name: string | undefined): string => {
  if ('folder' in to) return `file:///${pathOf(tenantId, to.folder, name)}`
  if ('sftp' in to) return `sftp://${to.sftp.host}:${to.sftp.port ?? 22}/${pathOf(to.sftp.folder, name)}`
  const { bucket, region, endpoint, prefix } = to.s3
  return `${endpoint ?? `https://s3.${region}.amazonaws.com`}/${pathOf(bucket, prefix, name)}`
}

const typeOf = (name: string): string =>
  name.endsWith('.csv')
    ? 'text/csv; charset=utf-8'
    : name.endsWith('.jsonl')
      ? 'application/x-ndjson'
      : 'application/json'

const putOf = (settings: FilesSettings, tenantId: string, name: string, body: string): Call => ({
  method: 'PUT',
  url: urlOf(settings, tenantId, name),
  headers: {
    'content-type': typeOf(name),
    ...('sftp' in settings.to && { 'x-host-key': settings.to.sftp.host_key }),
  },
  body,
})

/** Null: it was taken. */
const refusalOf = (answer: CallAnswer, now: number): AttemptResult | null => {
  const code = faultOfStatus(answer.status, answer.headers)
  if (code === null) return null
  // A store names what it did not like in an element of its answer.
  const why = /<Code>([A-Za-z]{1,60})<\/Code>/.exec(answer.body)?.[1]
  return {
    outcome: 'error',
    reason: `Answered ${answer.status}${why === undefined ? '' : ` (${why})`}`,
    code: code === 'destination.rejected' ? 'setting_invalid' : code,
    retryAfterMs: retryAfterMs(answer.headers, now),
  }
}

interface Whole {
  readonly tenantId: string
  readonly name: string
  readonly madeAt: number
  readonly now: number
  readonly content: string
  /** SHA-256, in hex. */
  readonly digest: string
  readonly rows: readonly BatchRow[]
}

function* written(file: Whole, settings: FilesSettings): Generator<Call, AttemptResult, CallAnswer> {
  const refused = refusalOf(yield putOf(settings, file.tenantId, file.name, file.content), file.now)
  if (refused !== null) return refused
  if (settings.receipt !== false) {
    const receipt = {
      file: file.name,
      made_at: new Date(file.madeAt).toISOString(),
      rows: file.rows.length,
      bytes: new TextEncoder().encode(file.content).length,
      sha256: file.digest,
      deliveries: file.rows.map(({ deliveryId, leadId }, index) => ({
        line: index + 1,
        delivery: deliveryId,
        lead: leadId,
      })),
    }
    const name = `${file.name}.receipt.json`
    const missing = refusalOf(yield putOf(settings, file.tenantId, name, `${JSON.stringify(receipt)}\n`), file.now)
    if (missing !== null) return missing
  }
  return { outcome: 'success', reference: file.name, price: null, reason: null }
}

const nameOf = (
  settings: FilesSettings,
  asked: { readonly id: string; readonly now: number; readonly flow: string },
): string => {
  const iso = new Date(asked.now).toISOString()
  const filled: Readonly<Record<string, string>> = {
    '{flow}': asked.flow,
    '{date}': iso.slice(0, 10),
    '{time}': iso.slice(11, 19).replaceAll(':', ''),
    '{id}': asked.id.slice(-12),
  }
  const name = (settings.name ?? '{flow}-{date}-{time}-{id}').replaceAll(/\{\w+\}/g, (part) => filled[part] ?? '')
  return `${name}.${settings.format ?? 'csv'}`
}

export const files = defineDestination({
  type: 'files',
  summary:
    'Collects leads for a while and writes them as a file to a folder, an SFTP server or an S3 store, with a receipt.',
  settings: FilesSettings,
  // The same file under the same name takes its own place.
  repeat: () => 'safe',
  example: {
    to: {
      sftp: {
        host: 'sftp.buyer.example',
        host_key: 'SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU',
        username: 'millrace',
        password: 'sftp-password',
        folder: 'in',
      },
    },
    at: ['02:00'],
    zone: 'America/Chicago',
  },
  flaws: ({ to, name, every, at, zone }) => [
    ...('sftp' in to && (to.sftp.password === undefined) === (to.sftp.key === undefined)
      ? [{ path: 'to.sftp', message: 'sftp needs either a password or a key' }]
      : []),
    ...(name !== undefined && !name.includes('{id}')
      ? [{ path: 'name', message: 'each file needs an {id}, or it overwrites the one before' }]
      : []),
    ...(at !== undefined && every !== undefined && every !== 15
      ? [{ path: 'every', message: 'files are written either every so many minutes or at set times' }]
      : []),
    ...(zone !== undefined && !isZone(zone)
      ? [{ path: 'zone', message: 'this is no time zone: write America/Chicago' }]
      : []),
  ],
  batch: {
    nextAt: ({ every, at, zone }, now) =>
      nextBatchAt({ everyMinutes: every ?? null, at: at ?? [], zone: zone ?? 'UTC' }, now),
    name: (asked, settings) => nameOf(settings, asked),
    content: (rows, settings) => contentOf(rows, settings),
    deliver: written,
  },
  /** Of one lead alone, to try it out. */
  deliver: (input, settings) => {
    const rows = [{ deliveryId: input.deliveryId, key: input.deliveryId, leadId: input.leadId, payload: input.payload }]
    const name = nameOf(settings, { id: input.deliveryId, now: input.now, flow: 'test' })
    const made = { name, madeAt: input.now, now: input.now }
    const file = { ...made, tenantId: 'test', content: contentOf(rows, settings), digest: '', rows }
    return written(file, { ...settings, receipt: false })
  },
  authorize: async (call, { to }, credential) => {
    if ('folder' in to) return call
    if ('sftp' in to) {
      const { username, password, key } = to.sftp
      const secret = credential.secret(key ?? password ?? '')
      const coded = Buffer.from(`${username}:${secret}`, 'utf8').toString('base64')
      return { ...call, headers: { ...call.headers, authorization: `${key === undefined ? 'Basic' : 'Key'} ${coded}` } }
    }
    const signer = new AwsV4Signer({
      method: call.method,
      url: call.url,
      headers: { ...call.headers, 'x-amz-content-sha256': sha256(call.body ?? '') },
      ...(call.body !== null && { body: call.body }),
      accessKeyId: to.s3.access_key_id,
      secretAccessKey: credential.secret(to.s3.secret),
      region: to.s3.region,
      service: 's3',
      datetime: new Date(credential.now).toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
    })
    const signed = await signer.sign()
    return { ...call, headers: Object.fromEntries([...signed.headers].filter(([name]) => name !== 'host')) }
  },
  check: (settings) =>
    's3' in settings.to
      ? null
      : {
          method: 'GET',
          url: urlOf(settings, 'test', undefined),
          headers: 'sftp' in settings.to ? { 'x-host-key': settings.to.sftp.host_key } : {},
          body: null,
        },
})
