import { describe, expect, it } from 'vitest'
import { files } from './index.ts'

/**
 * The examples that AWS publishes of Signature Version 4 for S3, 2026-11-26:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
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
