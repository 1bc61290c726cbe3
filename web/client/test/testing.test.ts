import { expect, it, onTestFinished } from 'vitest'
import { createSSEClient } from '../src/client.ts'
import { createFakeClient, createFakeServer } from '../src/testing.ts'
import { until, untilStatus } from './server.ts'

it('the fake server answers, streams, cuts and ends as told', async () => {
  const server = createFakeServer({ userId: 'alice' })
  const client = createSSEClient({ url: '/api/sse', fetch: server.fetch, backoff: { minMs: 5 }, getToken: () => 't' })
  onTestFinished(() => client.close())
  const got: unknown[] = []
  client.on('connected', (c) => got.push([c.userId, c.resumed]))
  client.on('notification', (n) => got.push(n.title))
  server.answerNext(503)
  client.connect()
  const first = await server.connection()
  expect(server.requests).toHaveLength(2)
  expect(first.headers.get('Authorization')).toBe('Bearer t')
  first.send('notification', { title: 'a' }, 'e-1')
  await until(() => got.length === 2)
  first.cut()
  const second = await server.connection(2)
  second.write('event: notification\ndata: {"title":"b"}\n\n')
  await until(() => got.length === 4)
  expect(got).toEqual([['alice', false], 'a', ['alice', true], 'b'])
  second.end()
  await untilStatus(client, 'waiting')
  const third = await server.connection(3)
  client.close()
  expect([first, second, third].map((c) => c.closed)).toEqual([true, true, true])
  third.send('notification', { title: 'too late' })
})

it('the fake client has a status and a position', async () => {
  const fake = createFakeClient<{ a: number }>()
  expect(fake.getSnapshot().status).toBe('idle')
  fake.connect()
  const next = fake.events()[Symbol.asyncIterator]().next()
  fake.push('a', 1, 'e-1')
  expect((await next).value).toMatchObject({ type: 'a', data: 1, id: 'e-1' })
  expect(fake.getSnapshot()).toMatchObject({ status: 'open', lastEventId: 'e-1' })
  fake.setStatus('waiting')
  expect(fake.getSnapshot().isConnected).toBe(false)
  fake.close()
  expect(fake.getSnapshot().status).toBe('closed')
})
