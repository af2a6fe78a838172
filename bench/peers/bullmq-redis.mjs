import { overBullmq } from './bullmq.mjs';
import { contest, need } from './contest.mjs';

const { hostname: host, port } = new URL(process.env.REDIS_URL);
const connection = { host, port: Number(port), maxRetriesPerRequest: null };

await contest({ prepare: async () => undefined, ...overBullmq(need('bullmq'), () => connection) });
