import { Button, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ask } from '../api/client.ts'
import type { PersonSummary } from '../api/types.ts'
import { Refused } from '../components/dialog.tsx'
import { t } from '../text.ts'
import { NOBODY, type Who, whoBody } from './who.tsx'

const whoOf = (text: string): Who => (text.includes('@') ? { ...NOBODY, email: text } : { ...NOBODY, phone: text })

/** Looks a person up by email or phone, in a body. What was found is told to whoever asked. */
export const FindPerson = (props: {
  readonly onFound: (persons: readonly PersonSummary[]) => void
  readonly isPlain?: boolean
}) => {
  const [text, setText] = useState('')
  const find = useMutation({
    mutationFn: () => ask('/api/v1/persons/search', { method: 'POST', body: whoBody(whoOf(text.trim())) }),
    onSuccess: ({ items }) => props.onFound(items),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    event.stopPropagation()
    find.mutate()
  }
  return (
    <form className={props.isPlain ? 'stack' : 'card card-body stack'} onSubmit={submit}>
      <div className="row">
        <TextInput
          className="grow"
          data-autofocus
          aria-label={t('person.ask')}
          placeholder={t('person.ask')}
          autoComplete="off"
          required
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value)
            find.reset()
          }}
        />
        <Button type="submit" variant="default" loading={find.isPending}>
          {t('person.find')}
        </Button>
      </div>
      <Refused error={find.error} />
      {find.data?.items.length === 0 && <p role="status">{t('person.not_found')}</p>}
    </form>
  )
}
