import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');
const text = read('docker-compose.yml');
const document: unknown = parse(text, { merge: true });

// The schema is draft 7 (its $schema URL says https, which Ajv does not know by that name) and has formats of its own.
const { $schema: _, ...schema } = JSON.parse(read('test/fixtures/compose-spec/compose-spec.json')) as object & {
  $schema: string;
};
const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema);

const serviceShape = z.object({
  image: z.string(),
  build: z.string().optional(),
  command: z.array(z.string()),
  container_name: z.string().optional(),
  ports: z.array(z.string()).optional(),
  restart: z.string(),
  stop_signal: z.string().optional(),
  stop_grace_period: z.string().optional(),
  environment: z.record(z.string(), z.string()),
  volumes: z.array(z.string()),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
});
const composeShape = z.object({
  services: z.record(z.string(), serviceShape),
  volumes: z.record(z.string(), z.unknown()),
});
const { services, volumes } = composeShape.parse(document);

function service(name: string): z.infer<typeof serviceShape> {
  const found = services[name];
  if (!found) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
}

/** The services that run our program. */
const ours = Object.entries(services).filter(([, { build }]) => build !== undefined);

/** The value of a flag of a server's command line. */
function flag(command: readonly string[], name: string): string | undefined {
  const at = command.indexOf(name);
  return at < 0 ? undefined : command[at + 1];
}

describe('docker-compose.yml and the Compose Specification', () => {
  it('follows the schema', () => {
    expect(validate(document) ? [] : validate.errors).toEqual([]);
  });

  it.each([
    ['a wrong key of a service', 'restart: unless-stopped', 'restrat: unless-stopped'],
    ['a wrong key of a health check', 'start_period: 30s', 'start_after: 30s'],
    ['a condition that does not exist', 'service_completed_successfully', 'service_finished'],
    ['a list where a mapping belongs', 'volumes:\n  postgres:\n  redis:', 'volumes:\n  - postgres\n  - redis\nx-rest:'],
    ['a number where a text belongs', 'image: redis:7', 'image: 7'],
  ])('the check can fail: %s', (_name, from, to) => {
    expect(text).toContain(from);
    expect(validate(parse(text.replace(from, to), { merge: true }))).toBe(false);
  });

  it('what services depend on is there, and waited for as it can be', () => {
    for (const [name, { depends_on }] of Object.entries(services)) {
      for (const [other, { condition }] of Object.entries(depends_on ?? {})) {
        expect(Object.keys(services), `${name} depends on ${other}`).toContain(other);
        if (condition === 'service_healthy') expect(service(other).healthcheck, other).toBeDefined();
        if (condition === 'service_completed_successfully') expect(service(other).restart, other).toBe('no');
      }
    }
  });

  it('every named volume is declared, and each declared one is used', () => {
    const used = Object.values(services).flatMap((each) => each.volumes.map((volume) => volume.split(':')[0]));
    expect([...new Set(used)].sort()).toEqual(Object.keys(volumes).sort());
  });
});

describe('the program in it', () => {
  it('is what the image starts', () => {
    const entry = /^ENTRYPOINT (\[.*\])$/m.exec(read('Dockerfile'))?.[1] ?? '[]';
    expect(JSON.parse(entry)).toEqual(['node', 'scripts/prakerja.js']);
    expect(existsSync(`${root}/scripts/prakerja.js`)).toBe(true);
  });

  it.each(ours.map(([name, { command }]) => [name, command] as const))('%s is a command it knows', (_name, command) => {
    const words = command.slice(
      0,
      [...command, '--'].findIndex((word) => word.startsWith('-')),
    );
    const help = spawnSync(process.execPath, [`${root}/scripts/prakerja.js`, ...words, '--help'], { encoding: 'utf8' });
    expect(help.status, help.stderr).toBe(0);
    expect(help.stdout).toContain(`Usage: prakerja ${words.join(' ')}`);
    for (const option of command.filter((word) => word.startsWith('--'))) expect(help.stdout).toContain(`${option} <`);
  });

  it('a command it does not know would be found', () => {
    const wrong = spawnSync(process.execPath, [`${root}/scripts/prakerja.js`, 'wroker', '--help'], {
      encoding: 'utf8',
    });
    expect(wrong.stdout).not.toContain('Usage: prakerja wroker');
  });

  it.each(ours.map(([name, { environment }]) => [name, environment] as const))(
    '%s is told only what the configuration knows',
    (_name, environment) => {
      const known = read('workers/runtime/config.ts');
      for (const variable of Object.keys(environment)) expect(known).toContain(`  ${variable}: `);
      expect(environment).toMatchObject({ NODE_ENV: 'production' });
      expect(environment.DATABASE_URL).toContain('@postgres:5432/');
      expect(environment.REDIS_URL).toContain('@redis:6379');
    },
  );

  it('every secret must be set, is in .env.example, and none is written down', () => {
    const example = read('.env.example');
    const required = [...text.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name);
    expect(new Set(required)).toEqual(
      new Set(['POSTGRES_PASSWORD', 'REDIS_PASSWORD', 'KK_TOKEN_KEY', 'CONSOLE_PASSWORD']),
    );
    for (const [, name] of text.matchAll(/\$\{(\w+)[:}]/g)) expect(example).toMatch(new RegExp(`^(# )?${name}=`, 'm'));
    expect(example).toMatch(/^POSTGRES_PASSWORD=$/m);
  });
});

describe('the services', () => {
  it('PostgreSQL 18 keeps its data where that version puts it, durably', () => {
    const { image, volumes: mounts, healthcheck, command } = service('postgres');
    expect(image).toBe('postgres:18');
    expect(mounts).toEqual(['postgres:/var/lib/postgresql']);
    expect(healthcheck?.test.join(' ')).toContain('pg_isready');
    expect(command.join(' ')).not.toMatch(/fsync|synchronous_commit|full_page_writes/);
  });

  it('Redis 7 evicts nothing and writes its log every second', () => {
    const { image, command, healthcheck } = service('redis');
    expect(image).toBe('redis:7');
    expect(flag(command, '--appendonly')).toBe('yes');
    expect(flag(command, '--appendfsync')).toBe('everysec');
    expect(flag(command, '--maxmemory-policy')).toBe('noeviction');
    expect(healthcheck?.test.join(' ')).toContain('ping');
  });

  it('workers can be many and stop cleanly', () => {
    const worker = service('worker');
    expect(worker.container_name).toBeUndefined();
    expect(worker.ports).toBeUndefined();
    expect(worker.stop_signal).toBe('SIGTERM');
    expect(worker.stop_grace_period).toBe('90s');
    expect(worker.depends_on?.migrate?.condition).toBe('service_completed_successfully');
  });

  it('the console asks for a password, watches itself, and is published on this machine only', () => {
    const { environment, healthcheck, ports } = service('console');
    expect(environment.CONSOLE_PASSWORD).toContain(':?');
    expect(healthcheck?.test.join(' ')).toContain('/healthz');
    expect(ports).toEqual([`\${CONSOLE_BIND:-127.0.0.1}:\${CONSOLE_PORT:-8080}:8080`]);
  });

  it('everything but the migration starts again by itself', () => {
    const restarts = Object.entries(services).map(([name, { restart }]) => `${name} ${restart}`);
    expect(restarts.sort()).toEqual([
      'console unless-stopped',
      'migrate no',
      'postgres unless-stopped',
      'redis unless-stopped',
      'worker unless-stopped',
    ]);
  });
});
