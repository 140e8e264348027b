import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * A store on loopback that takes what S3 takes: PUT of an object, signed in its headers. The signature is worked out
 * anew from what came over the wire, by the words of AWS and without the code that made it:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export interface S3Store {
  readonly url: string
  /** By bucket and key. */
  readonly objects: ReadonlyMap<string, string>
  close(): Promise<void>
}

const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
/** Each byte but A–Z, a–z, 0–9, `-`, `.`, `_`, `~`. */
const encoded = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte)
      return /[A-Za-z0-9\-._~]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')

const refused = (code: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${code}</Message></Error>`

export const openS3Store = async (asked: {
  readonly bucket: string
  readonly region: string
  readonly accessKeyId: string
  readonly secret: string
}): Promise<S3Store> => {
  const objects = new Map<string, string>()

  const isSigned = (request: IncomingMessage, body: Buffer, key: string): boolean => {
    const { headers } = request
    const said =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
        headers.authorization ?? '',
      )
    if (!said) return false
    const [, id, day = '', region = '', names = '', signature = ''] = said
    const date = String(headers['x-amz-date'])
    const signed = names.split(';')
    if (id !== asked.accessKeyId || region !== asked.region || !date.startsWith(day)) return false
    if (!['host', 'x-amz-content-sha256', 'x-amz-date'].every((name) => signed.includes(name))) return false
    if (headers['x-amz-content-sha256'] !== sha256(body)) return false
    const canonical = [
      request.method,
      `/${key.split('/').map(encoded).join('/')}`,
      '',
      ...signed.map((name) => `${name}:${String(headers[name]).trim().replaceAll(/ +/g, ' ')}`),
      '',
      names,
      sha256(body),
    ].join('\n')
    const scope = `${day}/${region}/s3/aws4_request`
    const signing = ['s3', 'aws4_request'].reduce(hmac, hmac(hmac(`AWS4${asked.secret}`, day), region))
    const right = hmac(signing, ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n'))
    return timingSafeEqual(right, Buffer.from(signature, 'hex'))
  }

  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const body = Buffer.concat(parts)
      const key = decodeURIComponent((request.url ?? '').slice(1))
      const answer = (status: number, text: string): void => {
        response.writeHead(status, { 'content-type': 'application/xml' }).end(text)
      }
      if (!isSigned(request, body, key)) return answer(403, refused('SignatureDoesNotMatch'))
      if (!key.startsWith(`${asked.bucket}/`)) return answer(404, refused('NoSuchBucket'))
      if (request.method !== 'PUT') return answer(405, refused('MethodNotAllowed'))
      objects.set(key, body.toString('utf8'))
      return answer(200, '')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
