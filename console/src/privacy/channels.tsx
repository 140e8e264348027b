import { Checkbox } from '@mantine/core'
import { CHANNELS } from '../../../src/api/contract/words.ts'
import { named, t } from '../text.ts'

export const Channels = (props: { readonly value: string[]; readonly onChange: (channels: string[]) => void }) => (
  <Checkbox.Group label={t('consent.channels')} value={props.value} onChange={props.onChange}>
    <div className="row" style={{ gap: 16, paddingTop: 6 }}>
      {CHANNELS.map((channel) => (
        <Checkbox key={channel} value={channel} label={named('channel', channel)} />
      ))}
    </div>
  </Checkbox.Group>
)
