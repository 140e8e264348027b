import { Button, Modal } from '@mantine/core'
import { t } from '../text.ts'
import { Copy } from './copy.tsx'

/** Something that is shown this once: a key, a link. */
export const Once = (props: {
  readonly title: string
  readonly text: string
  readonly value: string
  readonly onClose: () => void
}) => (
  <Modal opened onClose={props.onClose} title={props.title} closeOnClickOutside={false}>
    <div className="stack">
      <p>{props.text}</p>
      <pre className="code" data-testid="once">
        {props.value}
      </pre>
      <div className="form-end">
        <Copy value={props.value} />
        <Button data-autofocus onClick={props.onClose}>
          {t('action.done')}
        </Button>
      </div>
    </div>
  </Modal>
)
