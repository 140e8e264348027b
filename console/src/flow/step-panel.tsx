import { ActionIcon, Button, Menu, Textarea, Tooltip } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { named, t } from '../text.ts'
import {
  configText,
  type FlowOutline,
  listOf,
  placeIn,
  readConfig,
  type StepPath,
  stepAt,
  withoutStep,
  withStep,
  withStepConfig,
  withStepMoved,
} from './document.ts'

/** Steps to begin with: each is right as soon as its names are. */
const TEMPLATES: readonly { readonly type: string; readonly config: unknown }[] = [
  { type: 'normalize', config: {} },
  { type: 'dedupe', config: { on: [['email'], ['phone']], within: '30d', duplicate: 'reject' } },
  { type: 'suppress', config: { lists: ['dnc'], match: ['phone', 'email'] } },
  { type: 'filter', config: { when: 'lead.email.valid', reason: 'Not for us' } },
  { type: 'score', config: { points: [{ id: 'reachable', when: 'lead.email.valid', points: 20 }] } },
  { type: 'review', config: { queue: 'default' } },
  {
    type: 'branch',
    config: {
      rules: [{ id: 'first', when: 'lead.email.valid', steps: [{ set: { id: 'note', fields: {} } }] }],
    },
  },
  { type: 'deliver', config: { to: 'crm' } },
]

/** What can be done to the step that is chosen in the picture, or to the flow where none is. */
export const StepPanel = (props: {
  readonly text: string
  readonly outline: FlowOutline
  readonly at: StepPath | null
  readonly onChange: (text: string, at: StepPath | null) => void
}) => {
  const { text, outline, at, onChange } = props
  const step = stepAt(outline, at)
  // Beside the step that is chosen, else at the end of all.
  const place = step === undefined ? { list: 'steps', at: outline.steps.length - 1 } : placeIn(step.path)
  const config = step === undefined ? '' : configText(step.config)
  const [draft, setDraft] = useState(config)
  const [known, setKnown] = useState(config)
  const [error, setError] = useState<string | null>(null)
  // The text was changed meanwhile: what nobody has touched here follows it.
  if (config !== known) {
    setKnown(config)
    if (draft === known) setDraft(config)
  }
  const siblings = listOf(outline, place.list)
  const apply = (): void => {
    if (step === undefined) return
    try {
      const read = readConfig(draft)
      onChange(withStepConfig(text, step.path, step.type, read), step.path)
      setDraft(configText(read))
      setError(null)
    } catch (failure) {
      setError((failure as Error).message)
    }
  }
  return (
    <div className="step-panel">
      <div className="row">
        <strong className="grow clip">
          {step === undefined ? t('flow.choose') : `${step.id ?? step.type} · ${named('step', step.type)}`}
        </strong>
        <Menu position="top-end" shadow="md">
          <Menu.Target>
            <Button variant="default" leftSection={<IconPlus size={14} />}>
              {t('flow.add_step')}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {TEMPLATES.map(({ type, config }) => (
              <Menu.Item
                key={type}
                onClick={() => {
                  onChange(
                    withStep(text, place.list, place.at + 1, { [type]: config }),
                    `${place.list}[${place.at + 1}]`,
                  )
                }}
              >
                {named('step', type)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
        {step !== undefined && (
          <>
            <Tooltip label={t('flow.up')}>
              <ActionIcon
                variant="default"
                size={30}
                aria-label={t('flow.up')}
                disabled={place.at === 0}
                onClick={() => onChange(withStepMoved(text, step.path, -1), `${place.list}[${place.at - 1}]`)}
              >
                <IconArrowUp size={16} />
              </ActionIcon>
            </Tooltip>
            <Tooltip label={t('flow.down')}>
              <ActionIcon
                variant="default"
                size={30}
                aria-label={t('flow.down')}
                disabled={place.at >= siblings.length - 1}
                onClick={() => onChange(withStepMoved(text, step.path, 1), `${place.list}[${place.at + 1}]`)}
              >
                <IconArrowDown size={16} />
              </ActionIcon>
            </Tooltip>
            <Tooltip label={t('flow.remove')}>
              <ActionIcon
                variant="default"
                size={30}
                aria-label={t('flow.remove')}
                onClick={() => onChange(withoutStep(text, step.path), null)}
              >
                <IconTrash size={16} />
              </ActionIcon>
            </Tooltip>
          </>
        )}
      </div>
      {step !== undefined && (
        <Textarea
          aria-label={t('flow.config')}
          autosize
          minRows={3}
          maxRows={8}
          value={draft}
          error={error}
          styles={{ input: { fontFamily: 'var(--mono)', fontSize: 12 } }}
          onChange={(event) => setDraft(event.currentTarget.value)}
          onBlur={() => draft !== config && apply()}
        />
      )}
    </div>
  )
}
