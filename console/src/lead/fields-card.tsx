import { ActionIcon, TextInput } from '@mantine/core'
import { IconPencil } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useRef, useState } from 'react'
import { ApiError, ask } from '../api/client.ts'
import type { LeadDetail } from '../api/types.ts'
import { useMay } from '../rights.ts'
import { t, tn } from '../text.ts'
import { Card } from './card.tsx'
import { plain } from './plain.ts'
import { UnmaskForm } from './unmask-form.tsx'
import { useUnmasked } from './use-unmasked.ts'

interface Field {
  readonly raw: unknown
  readonly normal: unknown
  readonly valid: boolean
}

const isEmpty = (value: unknown): boolean => value === null || value === undefined || value === ''
const isScalar = (value: unknown): boolean => isEmpty(value) || typeof value !== 'object'

interface Problem {
  readonly field: string
  readonly message: string
}

/** What the server says is wrong with this field, in the place where it was typed. */
const saidOf = (error: Error | null, name: string): string | null => {
  if (error === null) return null
  const problems = error instanceof ApiError ? ((error.problem as { errors?: readonly Problem[] })?.errors ?? []) : []
  return problems.find(({ field }) => field === name)?.message ?? error.message
}

const Row = (props: {
  readonly leadId: string
  readonly name: string
  readonly field: Field
  readonly canEdit: boolean
}) => {
  const { leadId, name, field, canEdit } = props
  const client = useQueryClient()
  const [text, setText] = useState<string | null>(null)
  const opener = useRef<HTMLButtonElement>(null)
  const shown = plain(field.normal ?? field.raw)
  const given = plain(field.raw)
  const close = (): void => {
    setText(null)
    save.reset()
    // Whoever works by keys goes on from where they were.
    requestAnimationFrame(() => opener.current?.focus())
  }
  const save = useMutation({
    mutationFn: (value: string) =>
      ask(`/api/v1/leads/${leadId}/fields`, { method: 'PATCH', body: { fields: { [name]: value } } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['lead', leadId] })
      close()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (text === null || text === given) close()
    else save.mutate(text)
  }
  const isInvalid = !field.valid && !isEmpty(field.raw)
  return (
    <div data-invalid={isInvalid || undefined}>
      <dt>{name}</dt>
      <dd>
        {text === null ? (
          <span className="facts-value">
            <span className="grow">
              {shown}
              {given !== shown && <span className="faint facts-raw">{given}</span>}
              {isInvalid && <span className="facts-raw">{t('fields.invalid')}</span>}
            </span>
            {canEdit && (
              <ActionIcon
                ref={opener}
                variant="subtle"
                color="gray"
                size="xs"
                className="facts-edit"
                aria-label={t('fields.edit', { name })}
                onClick={() => setText(isEmpty(field.raw) ? '' : given)}
              >
                <IconPencil size={14} />
              </ActionIcon>
            )}
          </span>
        ) : (
          <form onSubmit={submit}>
            <TextInput
              autoFocus
              aria-label={name}
              value={text}
              error={saidOf(save.error, name)}
              disabled={save.isPending}
              description={t('fields.edit_keys')}
              inputWrapperOrder={['label', 'input', 'error', 'description']}
              onChange={(event) => setText(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key !== 'Escape') return
                event.stopPropagation()
                close()
              }}
            />
          </form>
        )}
      </dd>
    </div>
  )
}

/** The fields of a lead as they were read, what was sent beside them, and what cannot be read marked. */
export const FieldsCard = ({ lead }: { readonly lead: LeadDetail }) => {
  const may = useMay()
  const { shown } = useUnmasked(lead.id)
  const seen = lead.personal === 'masked' && shown !== undefined ? shown.lead : lead
  const fields = Object.entries(seen.fields) as [string, Field][]
  const extra = Object.entries((seen.extra ?? {}) as Record<string, unknown>)
  const appended = Object.entries((seen.appended ?? {}) as Record<string, Record<string, unknown>>).flatMap(
    ([enricher, facts]) =>
      Object.entries(facts).flatMap(([fact, value]) =>
        value === null ? [] : [[`${enricher}.${fact}`, value] as const],
      ),
  )
  // Mended as long as somebody sees the change: the journey stands still, for a person or a fault.
  const isStill = lead.outcome === null && (lead.status === 'pending_review' || lead.pending !== null)
  const canEdit = may('lead.edit') && lead.personal === 'shown' && isStill
  return (
    <Card title={t('lead.fields')} aside={<span className="faint">{tn('lead.field_count', fields.length)}</span>}>
      <dl className="facts" data-editable={canEdit || undefined}>
        {fields.map(([name, field]) => (
          <Row key={name} leadId={lead.id} name={name} field={field} canEdit={canEdit && isScalar(field.raw)} />
        ))}
        {appended.map(([name, value]) => (
          <div key={`appended ${name}`}>
            <dt>{name}</dt>
            <dd>{plain(value)}</dd>
          </div>
        ))}
        {extra.map(([name, value]) => (
          <div key={`extra ${name}`}>
            <dt className="faint">{name}</dt>
            <dd className="faint">{plain(value)}</dd>
          </div>
        ))}
      </dl>
      {seen.personal === 'masked' && may('lead.unmask') && (
        <div className="card-body">
          <UnmaskForm leadId={lead.id} text={t('fields.masked')} />
        </div>
      )}
    </Card>
  )
}
