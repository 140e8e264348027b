-- expands
-- What recipients are to be told is looked for by recipient: of those that are stopped nothing is read or written.

create index recipient_notice_lane on millrace.recipient_notice (tenant_id, flow_id, destination, next_at)
  where status = 'due';
drop index millrace.recipient_notice_due;
