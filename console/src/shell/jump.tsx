import { Modal, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import type { LeadSummary } from '../api/types.ts'
import { OutcomeTag } from '../components/outcome-tag.tsx'
import { useFlows } from '../flow/use-flows.ts'
import { useMay } from '../rights.ts'
import { t } from '../text.ts'
import { rowTime } from '../time.ts'
import { placesOf } from './places.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i
/** What was typed as a question to the search, which goes in a body: no address ever holds an email or a number. */
const searchOf = (text: string): { email: string } | { phone: string } | null => {
  if (/^\S+@\S+\.\S+$/.test(text)) return { email: text }
  return text.replaceAll(/\D/g, '').length >= 7 && /^[+\d\s().-]+$/.test(text) ? { phone: text } : null
}

/** A search is asked for when nothing was typed for so long. */
const PAUSE_MS = 200

interface Found {
  readonly key: string
  readonly text: string
  readonly hint?: string
  readonly lead?: LeadSummary
  readonly open: () => void
}

export const Jump = ({ onClose }: { readonly onClose: () => void }) => {
  const go = useNavigate()
  const may = useMay()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  // Of what is typed by now: who types fast and presses Enter means that.
  const asked = text.trim()
  // Who may not look people up is not asked for one.
  const maySearch = may('lead.search')
  const [settled] = useDebouncedValue(asked, PAUSE_MS)
  const by = maySearch && settled === asked ? searchOf(asked) : null
  const { data: found, error } = useQuery({
    queryKey: ['search', asked],
    queryFn: () => ask('/api/v1/leads/search', { method: 'POST', body: { ...by, limit: 8 } }),
    enabled: by !== null,
    gcTime: 0,
  })
  const { data: flows } = useFlows()
  const close = (open: () => void) => () => {
    onClose()
    open()
  }
  const matches = (name: string): boolean => name.toLowerCase().includes(asked.toLowerCase())
  const options: Found[] = [
    ...(found?.items ?? []).map((lead) => ({
      key: lead.id,
      text: `${lead.flow} · ${lead.source}`,
      hint: rowTime(lead.received_at),
      lead,
      open: close(() => void go({ to: '/leads/$id', params: { id: lead.id } })),
    })),
    ...(UUID.test(asked)
      ? [
          {
            key: asked,
            text: t('jump.lead', { id: asked }),
            open: close(() => void go({ to: '/leads/$id', params: { id: asked } })),
          },
        ]
      : []),
    ...placesOf(may)
      .filter(({ text: name }) => matches(t(name)))
      .map(({ to, text: name }) => ({ key: to, text: t(name), open: close(() => void go({ to })) })),
    ...(flows?.items ?? [])
      .filter(({ id }) => asked !== '' && matches(id))
      .map(({ id }) => ({
        key: `flow ${id}`,
        text: id,
        hint: t('nav.flows'),
        open: close(() => void go({ to: '/flows/$flow', params: { flow: id } })),
      })),
  ]
  const chosen = Math.min(at, options.length - 1)
  return (
    <Modal
      opened
      onClose={onClose}
      attributes={{ content: { 'aria-label': t('jump.open') } }}
      withCloseButton={false}
      padding={0}
      size={560}
      yOffset="14vh"
      centered={false}
    >
      <TextInput
        data-autofocus
        size="md"
        variant="unstyled"
        px={16}
        py={6}
        placeholder={t(maySearch ? 'jump.placeholder' : 'jump.places')}
        aria-label={t(maySearch ? 'jump.placeholder' : 'jump.places')}
        role="combobox"
        aria-expanded
        aria-controls="jump-options"
        aria-activedescendant={options[chosen] ? `jump-${chosen}` : undefined}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setAt(0)
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setAt(Math.min(chosen + 1, options.length - 1))
          else if (event.key === 'ArrowUp') setAt(Math.max(chosen - 1, 0))
          else if (event.key === 'Enter') options[chosen]?.open()
          else return
          event.preventDefault()
        }}
      />
      <div id="jump-options" role="listbox" aria-label={t('jump.open')} className="jump-options">
        {options.map(({ key, text: label, hint, lead, open }, index) => (
          <div
            key={key}
            id={`jump-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            className="jump-option"
            onClick={open}
            onMouseMove={() => setAt(index)}
          >
            {lead !== undefined && <OutcomeTag lead={lead} />}
            <span className="grow clip">{label}</span>
            {hint !== undefined && <span className="faint num">{hint}</span>}
          </div>
        ))}
        {by !== null && found?.items.length === 0 && <p className="jump-none">{t('jump.none')}</p>}
        {by === null && settled === asked && options.length === 0 && <p className="jump-none">{t('jump.nothing')}</p>}
        {error !== null && <p className="jump-none">{error.message}</p>}
      </div>
    </Modal>
  )
}
