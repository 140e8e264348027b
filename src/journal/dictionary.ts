/**
 * What sealed halves of most leads have in common, for deflate to point at. Part of the stored format: it never
 * changes; a better one is a new dictionary under a new number. No person's data: names of keys and common values.
 */
export const DICTIONARY_1 = Buffer.from(
  [
    '"plus4":null,"national":"(212) 555-0100","area":"212","exchange":"555","line":"0100","extension":null,"country":"US",',
    '"calling_code":"1","type":"fixed_line_or_mobile","is_toll_free":false,"time_zones":["America/New_York","America/Los_Angeles",',
    '"America/Denver","America/Chicago"],"hashed":null}},"city":{"raw":"","normal":"","dob":{"name":"Texas","California","Florida",',
    '{"submission":"{\\"first_name\\":\\"\\",\\"last_name\\":\\"\\",\\"email\\":\\"@gmail.com\\",\\"phone\\":\\"(\\",\\"state\\":\\"',
    '\\",\\"postal_code\\":\\"\\",\\"service\\":\\"\\",\\"urgency\\":\\"today\\"}","ip":"127.0.0.1","user_agent":"Mozilla/5.0 (',
    '"request":{"method":"POST","url":"https://","headers":{"content-type":"application/json","idempotency-key":"',
    '"response":{"status":200,"headers":{"content-type":"application/json; charset=utf-8","date":"","content-length":"',
    '"payload":{"reference":null,"reason":null}]},{"saw":{"lead.phone.valid":true,"lead.email.valid":true,"lead.email.is_free":false,',
    '"lead.state":"lead.urgency":"lead.postal_code.blank":false,"lead.score":"answers":[{"name":"cap.reserve","kind":"cap.reserve",',
    '"v":1,"fp":"","answer":{"reserved":true,"used":[1]}}]},0,0,{"answers":[{"name":"identity.claim","kind":"identity.claim","v":1,',
    '"fp":"","answer":{"held":true}}]},{"answers":[{"name":"suppression.lookup","kind":"suppression.lookup","v":1,"fp":"",',
    '"answer":{"found":false}}]},{"saw":{"ip":null,"user_agent":null},0,{"fields":{"first_name":{"raw":"","normal":"","valid":true,',
    '"masked":false,"parts":{}},"last_name":{"raw":"","normal":"","valid":true,"masked":false,"parts":{}},"email":{"raw":"',
    '@gmail.com","normal":"@gmail.com","valid":true,"masked":false,"parts":{"user":"","domain":"gmail.com","host":"gmail",',
    '"tld":"com","is_free":true,"is_disposable":false,"is_role":false,"suggestion":null,"hashed":null}},"phone":{"raw":"(',
    '","normal":"+1","valid":true,"masked":false,"parts":{"national":"(","area":"","exchange":"","line":"","extension":null,',
    '"country":"US","calling_code":"1","type":"fixed_line_or_mobile","is_toll_free":false,"time_zones":["America/Chicago"],',
    '"hashed":null}},"state":{"raw":"TX","normal":"TX","valid":true,"masked":false,"parts":{"name":"Texas","country":"US"}},',
    '"postal_code":{"raw":"","normal":"","valid":true,"masked":false,"parts":{"zip":"","plus4":null,"country":"US"}},"service":{',
    '"raw":"","normal":"","valid":true,"masked":false,"parts":{}},"urgency":{"raw":"today","normal":"today","valid":true,',
    '"masked":false,"parts":{}}},"extra":{}},',
  ].join(''),
)
