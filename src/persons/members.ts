/** A person $2 and who stands under it, one way after the other: no index answers an OR here. */
export const MEMBERS = `
  (select id from millrace.person where tenant_id = $1::uuid and id = $2::uuid)
  union all
  (select id from millrace.person
   where tenant_id = $1::uuid and merged_into between $2::uuid and $2::uuid order by merged_into)`
