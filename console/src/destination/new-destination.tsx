import { Select, Switch } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import type { DestinationType } from '../api/types.ts'
import { Dialog } from '../components/dialog.tsx'
import { outlineOf, withDeliverTo, withDestination } from '../flow/document.ts'
import { PublishForm } from '../flow/publish-form.tsx'
import { NameAndFlow, useNameAndFlow } from '../source/name-and-flow.tsx'
import { t } from '../text.ts'
import { useDestinationTypes, useSecrets } from './editor.tsx'
import type { Schema, Values } from './schema.ts'
import { SettingFields } from './setting-field.tsx'

/** A name, a flow, a type, what that type must know; then it is published as the flow's next version. */
export const NewDestination = ({ onClose }: { readonly onClose: () => void }) => {
  const client = useQueryClient()
  const go = useNavigate()
  const place = useNameAndFlow()
  const { name, id, flow } = place
  const [typeName, setType] = useState('http')
  const [settings, setSettings] = useState<Values>({})
  const [isSentTo, setSentTo] = useState(true)
  const [isPublishing, setPublishing] = useState(false)
  const [wrong, setWrong] = useState<Error | null>(null)
  const types = useDestinationTypes()
  const secrets = useSecrets()
  const detail = useQuery({
    queryKey: ['flow', flow],
    queryFn: () => ask(`/api/v1/flows/${flow}`),
    enabled: flow !== null,
  })
  const type: DestinationType | undefined = types.data?.items.find((each) => each.type === typeName)
  const review = () => {
    if (detail.data === undefined) return
    if (outlineOf(detail.data.document)?.destinations.some((each) => each.id === id)) {
      setWrong(new Error(t('destination.taken', { id })))
      return
    }
    setWrong(null)
    setPublishing(true)
  }
  if (isPublishing && detail.data !== undefined) {
    // Of the flow as it is now: whoever was quicker with another part of it keeps theirs.
    const text = withDestination(detail.data.document, id, { name, type: typeName, ...settings })
    return (
      <PublishForm
        flow={detail.data.id}
        text={isSentTo ? withDeliverTo(text, id) : text}
        base={{ version: detail.data.version, document: detail.data.document }}
        onClose={() => setPublishing(false)}
        onPublished={() => {
          void client.invalidateQueries({ queryKey: ['destinations'] })
          onClose()
          void go({ to: '/destinations/$flow/$destination', params: { flow: flow ?? '', destination: id } })
        }}
      />
    )
  }
  return (
    <Dialog
      title={t('destination.new')}
      size="lg"
      submit={t('destination.review')}
      busy={false}
      error={wrong ?? detail.error}
      disabled={id === '' || detail.data === undefined}
      onSubmit={review}
      onClose={onClose}
    >
      <NameAndFlow value={place} placeholder="Sunny Roofs" />
      <Select
        label={t('submit.type')}
        description={type?.summary}
        data={(types.data?.items ?? []).map((each) => each.type)}
        value={typeName}
        allowDeselect={false}
        onChange={(next) => {
          setType(next ?? typeName)
          setSettings({})
        }}
      />
      {type !== undefined && (
        <SettingFields
          key={typeName}
          schema={type.settings as Schema}
          values={settings}
          onChange={setSettings}
          secrets={secrets}
        />
      )}
      <Switch
        label={t('destination.send_to')}
        description={t('destination.send_to_text')}
        checked={isSentTo}
        onChange={(event) => setSentTo(event.currentTarget.checked)}
      />
    </Dialog>
  )
}
