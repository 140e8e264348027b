-- expands
-- What persons consented to, and took back: append-only, by keyed hash of the email or phone it is about. Wording,
-- address and proof stand sealed under a key of their own, which outlives the lead they came with.

create table millrace.consent_record (
  tenant_id uuid not null,
  id uuid not null,
  -- When it was given or taken back, and when it was written down.
  at timestamptz not null,
  noted_at timestamptz not null,
  subject bigint not null,
  subject_kind text not null check (subject_kind in ('email', 'phone')),
  channel text not null check (channel in ('call', 'sms', 'email', 'share', 'all')),
  act text not null check (act in ('given', 'revoked')),
  -- Given anew after it was taken back: it counts again.
  renews boolean not null default false,
  purpose text,
  basis text,
  -- Whom it names; lower case.
  seller text,
  source text,
  via text not null,
  lead_id uuid,
  evidence_id uuid,
  sealed bytea,
  primary key (tenant_id, id)
);
create index consent_subject on millrace.consent_record (tenant_id, subject, channel, at);

alter table millrace.consent_record enable row level security;
alter table millrace.consent_record force row level security;
create policy tenant on millrace.consent_record to millrace_app
  using (tenant_id = any ((select millrace.tenants())::uuid[]))
  with check (tenant_id = any ((select millrace.tenants())::uuid[]));
grant select, insert on millrace.consent_record to millrace_app;

-- Aborts the transaction where a person is not to be reached: asked in the commit that comes before each call.
create function millrace.must_be_free(blocked bigint) returns void
  language plpgsql immutable
  as $$
begin
  if blocked > 0 then
    raise exception using errcode = 'MR002', message = 'a person is blocked';
  end if;
end $$;
