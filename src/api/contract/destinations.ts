import { type Static, Type } from 'typebox'
import { DestinationHealth } from './deliveries.ts'
import { AnyJson, NumberOrNull, TextOrNull, TextsByName, Time, TimeOrNull } from './shapes.ts'
import { SHORT_RANGES } from './words.ts'

const Values = (description: string) => Type.Record(Type.String(), Type.Unknown(), { description })

/** How far back calls and leads are counted. */
export { SHORT_RANGES as RANGES }
export const RangeQuery = Type.Object(
  {
    range: Type.Optional(
      Type.Enum([...SHORT_RANGES], {
        default: '24h',
        description: 'Counted back from now, beyond one hour by whole hours.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** What became of the leads of a range that were meant for a destination, some seconds behind. Tests count nowhere. */
export const Taken = Type.Object({
  delivered: Type.Integer(),
  refused: Type.Integer({ description: 'Answered with a no.' }),
  ruled_out: Type.Integer({ description: 'Not offered: closed, a cap of it full, or it pays too little.' }),
  open: Type.Integer({ description: 'Waiting, or sent and not answered.' }),
  lost: Type.Integer({ description: 'Given up, put away, or passed on to another.' }),
  acceptance_rate: NumberOrNull({ description: 'Of what it answered, what it took: 0 to 1; null: nothing yet.' }),
  paid: Type.Array(Type.Object({ currency: Type.String(), amount: Type.String({ description: 'Decimal text.' }) })),
})

export const DestinationList = Type.Object({
  items: Type.Array(
    Type.Object({
      flow: Type.String(),
      flow_version: Type.Integer(),
      id: Type.String(),
      name: Type.String(),
      type: TextOrNull({ description: 'Null: its flow no longer has it, and something is still open.' }),
      settings: AnyJson('As its flow says them: secrets by their names alone.'),
      terms: AnyJson('When, how many and for what it takes leads.'),
      steps: Type.Array(Type.String(), { description: 'Deliver steps of its flow that name it.' }),
      health: DestinationHealth,
      taken: Taken,
    }),
  ),
})

export const BuyerList = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.String({ description: 'As flows name it; of a destination that names none, `flow/destination`.' }),
      named: Type.Boolean({ description: 'Whether flows name it as a buyer.' }),
      destinations: Type.Array(
        Type.Object({
          flow: Type.String(),
          id: Type.String(),
          name: Type.String(),
          terms: AnyJson('When, how many and for what it takes leads.'),
          taken: Taken,
        }),
      ),
      taken: Taken,
    }),
  ),
})

export const DestinationTypes = Type.Object({
  items: Type.Array(
    Type.Object({
      type: Type.String(),
      summary: Type.String(),
      settings: AnyJson('JSON Schema of its settings: what a form is made of.'),
      example: AnyJson('Settings as a flow would have them.'),
    }),
  ),
})

const target = {
  flow: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'Id of a published flow.' })),
  destination: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'A destination of that flow.' })),
  type: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'Instead of a flow: a type.' })),
  settings: Type.Optional(Values('With `type`: its settings, as in a flow.')),
}

export const DestinationTestBody = Type.Object(
  {
    ...target,
    lead: Type.Optional(
      Values(
        'With `flow`: values by field, mapped as the flow does; what is missing is made up from the field’s type.',
      ),
    ),
    payload: Type.Optional(Values('What is sent, by name, as it is.')),
    answer: Type.Optional(
      Type.Object(
        {
          status: Type.Optional(Type.Integer({ minimum: 100, maximum: 599, default: 200 })),
          headers: Type.Optional(Type.Record(Type.String(), Type.String())),
          body: Type.Optional(Type.String({ maxLength: 1_000_000 })),
        },
        { additionalProperties: false, description: 'Sends nothing, and shows what would be read of this answer.' },
      ),
    ),
  },
  { additionalProperties: false },
)

export const DestinationCheckBody = Type.Object(target, { additionalProperties: false })

const Headers = TextsByName('Names in lower case.')

export const FileList = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.String(),
      flow: Type.String(),
      destination: Type.String(),
      name: Type.String(),
      state: Type.String({ description: '`writing`, `sent` or `failed`.' }),
      rows: Type.Integer(),
      bytes: Type.Integer(),
      sha256: TextOrNull({ description: 'Of what was written, as in its receipt.' }),
      attempts: Type.Integer(),
      code: TextOrNull({ description: 'Why not, from the list of faults.' }),
      made_at: Time('When it was made.'),
      sent_at: TimeOrNull('When it was taken.'),
    }),
  ),
})

export const DestinationTrial = Type.Object({
  outcome: Type.String({ description: '`success`, `failure` or `error`.' }),
  code: TextOrNull({ description: 'Why not, from the list of faults.' }),
  reason: TextOrNull(),
  reference: TextOrNull({ description: "The destination's own id." }),
  price: TextOrNull({ description: 'What it pays, with its currency.' }),
  captured: TextsByName('Further values, by the names the settings give them.'),
  next: Type.String({
    description:
      'What a lead’s delivery would do with this: `done`, `tried_again`, `parked` for a person, `dead_letter`, ' +
      '`pauses_connection`.',
  }),
  exchanges: Type.Array(
    Type.Object({
      request: Type.Object({ method: Type.String(), url: Type.String(), headers: Headers, body: TextOrNull() }),
      response: Type.Object({
        status: NumberOrNull({ description: 'Null: no answer came.' }),
        headers: Headers,
        body: TextOrNull(),
      }),
      ms: NumberOrNull(),
    }),
    { description: 'Each call, as the journal would keep it: without credentials.' },
  ),
})

export type DestinationTrial = Static<typeof DestinationTrial>
