import { readFileSync } from 'node:fs'
import { AwsV4Signer } from 'aws4fetch'
import { describe, expect, it } from 'vitest'
import { files } from './index.ts'

/**
 * The examples that AWS publishes of Signature Version 4 for S3:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html. Seen 2026-11-26 as the same values in the
 * test suites of ten other implementations.
 */

const SETTINGS = {
  to: {
    s3: {
      bucket: 'examplebucket',
      region: 'us-east-1',
      access_key_id: 'AKIAIOSFODNN7EXAMPLE',
      secret: 's3-secret',
    },
  },
}
const CREDENTIAL = {
  secret: () => 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  token: null,
  now: Date.UTC(2013, 4, 24),
}
const HOST = 'https://examplebucket.s3.amazonaws.com'

describe('what is sent to S3 is signed as AWS signs its own examples', () => {
  it.each([
    [
      'PUT of an object',
      {
        method: 'PUT',
        url: `${HOST}/test%24file.text`,
        headers: { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
        body: 'Welcome to Amazon S3.',
      },
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    ],
    [
      'GET of a bucket’s lifecycle',
      { method: 'GET', url: `${HOST}/?lifecycle`, headers: {}, body: null },
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    ],
    [
      'GET of a bucket’s list',
      { method: 'GET', url: `${HOST}/?max-keys=2&prefix=J`, headers: {}, body: null },
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ],
  ])('%s', async (_, call, signature) => {
    const { headers } = await files.authorize(call, SETTINGS, CREDENTIAL)
    expect(headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/20130524\/us-east-1\/s3\/aws4_request, /,
    )
    expect(headers.authorization?.split('Signature=')[1]).toBe(signature)
  })
})

interface Vector {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly timestamp: string
  readonly region: string
  readonly service: string
  readonly access_key_id: string
  readonly secret_access_key: string
  readonly signature: string
}

/** Of AWS's own test suite, for a service that is not S3: test/data/README.md. */
const vectors = JSON.parse(
  readFileSync(new URL('../../../test/data/aws-sigv4.json', import.meta.url), 'utf8'),
) as readonly Vector[]

describe('the signer that S3 calls go through signs as AWS’s own test suite does', () => {
  it.each(vectors)('$name', async ({ method, path, headers: { Host, ...headers }, signature, ...vector }) => {
    const signed = await new AwsV4Signer({
      method,
      url: `https://${Host}${path}`,
      headers,
      accessKeyId: vector.access_key_id,
      secretAccessKey: vector.secret_access_key,
      region: vector.region,
      service: vector.service,
      datetime: vector.timestamp.replaceAll(/[:-]/g, ''),
    }).sign()
    expect(signed.headers.get('authorization')?.split('Signature=')[1]).toBe(signature)
  })
})
