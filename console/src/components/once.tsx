import { Button, CopyButton, Modal } from '@mantine/core'
import { t } from '../text.ts'

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
        <CopyButton value={props.value}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? t('action.copied') : t('action.copy')}
            </Button>
          )}
        </CopyButton>
        <Button data-autofocus onClick={props.onClose}>
          {t('action.done')}
        </Button>
      </div>
    </div>
  </Modal>
)
