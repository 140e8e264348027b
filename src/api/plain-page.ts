import type { FastifyReply } from 'fastify'

/** Pages of a heading and a few words, for people who come by a link and have no console. */

const PAGE_CSP = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"

export const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** `body` is HTML; so is `title`. */
export const plainPage = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>body { font: 17px/1.5 system-ui, sans-serif; max-width: 32rem; margin: 15vh auto; padding: 0 1rem; text-align: center; color: #1b1f24; }
button { font: inherit; padding: .6rem 1.4rem; border: 0; border-radius: .5rem; background: #1f6feb; color: #fff; }</style>
<h1>${title}</h1>
${body}
</html>
`

export const sendPage = (reply: FastifyReply, page: string): FastifyReply =>
  reply.header('content-type', 'text/html; charset=utf-8').header('content-security-policy', PAGE_CSP).send(page)
