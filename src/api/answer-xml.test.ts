import { expect, it } from 'vitest'
import { answerXml } from './answer-xml.ts'

it('writes the answer, and names that others chose as attributes, escaped', () => {
  const text = answerXml({
    outcome: 'failure',
    lead_id: 'x',
    accepted: false,
    price: 0,
    duration: 4,
    reason: 'a <b> & "c"\u0001\ud800',
    code: null,
    field_errors: { 'p"1': 'Invalid & wrong' },
    destinations: { 'A & B': { outcome: 'success', id: '<1>' } },
  })
  expect(text).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<result><outcome>failure</outcome><lead_id>x</lead_id>' +
      '<accepted>false</accepted><price>0</price><duration>4</duration>' +
      '<reason>a &lt;b&gt; &amp; &quot;c&quot;\ufffd\ufffd</reason><code/>' +
      '<field_errors><field_error field="p&quot;1">Invalid &amp; wrong</field_error></field_errors>' +
      '<destinations><destination name="A &amp; B"><outcome>success</outcome><id>&lt;1&gt;</id></destination></destinations>' +
      '</result>\n',
  )
})
