/** The far end's HTTP as an OpenAPI 3.1 document, made from the list of operations and their schemas. */
import { z } from 'zod';
import { PROBLEM_CODES, type ProblemCode } from '../../kiosk-agent/contract/problem.ts';
import type { Operation } from './operation.ts';
import { OPERATIONS } from './operations.ts';

type Json = Record<string, unknown>;

const DESCRIPTION = `What a central office and the programs around it ask of the far end: free slots and appointments for online and
WeChat booking, waits for public display, configuration, notices and surge down to halls, and figures. Errors are RFC 9457 problem
documents whose \`code\` stays the same for ever. A command to a hall that is away waits until it is there: 202 says that it is kept.`;
const PARAMETERS: Record<string, [schema: Json, description: string]> = {
  agentId: [{ type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }, "The hall's agent"],
  hall: [{ type: 'string', maxLength: 128 }, "The hall's id"],
  notice: [{ type: 'string', maxLength: 128 }, "The notice's id"],
  channel: [{ type: 'string', maxLength: 128 }, 'The name of a channel in the configuration'],
};
/** The same word means two things. */
function parameter(path: string, name: string): [Json, string] {
  if (name === 'code')
    return path.startsWith('/regions')
      ? [{ type: 'string', pattern: '^\\d{12}$' }, '12-digit code of a region']
      : [{ type: 'string', pattern: '^[0-9A-Z]{4,12}$' }, "The appointment's code"];
  return PARAMETERS[name] ?? [{ type: 'string', maxLength: 128 }, name];
}
const SECURITY = {
  anybody: [],
  viewer: [{ viewer: [] }, { viewerCookie: [] }, { operator: [] }],
  booking: [{ booking: [] }],
  operator: [{ operator: [] }, { operatorCookie: [] }],
};

/** The document, as it is served at `/api/v1/openapi.json` and stands in docs/far-end.openapi.json. */
export function openapiDocument(operations: Operation[] = OPERATIONS): Json {
  const paths: Record<string, Json> = {};
  for (const operation of operations)
    (paths[operation.path] ??= {})[operation.method] = operationOf(operation);
  const bearer = (token: string) => ({
    type: 'http',
    scheme: 'bearer',
    description: `"${token}" in tokens.json of the server's state folder`,
  });
  const cookie = (name: string) => ({ type: 'apiKey', in: 'cookie', name });
  return {
    openapi: '3.1.1',
    info: {
      title: 'Public service hall: the far end',
      version: '1.0.0',
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/api/v1' }],
    tags: ['public', 'appointments', 'down', 'figures', 'server'].map((name) => ({ name })),
    paths,
    components: {
      schemas: {
        Problem: {
          type: 'object',
          required: ['type', 'status', 'code', 'detail'],
          properties: {
            type: { type: 'string' },
            status: { type: 'integer' },
            code: { type: 'string', enum: Object.keys(PROBLEM_CODES) },
            detail: { type: 'string' },
            field: { type: 'string', description: 'The value that was wrong' },
            retryAfterS: { type: 'integer' },
          },
        },
      },
      securitySchemes: {
        viewer: bearer('viewer'),
        booking: bearer('booking'),
        operator: bearer('operator'),
        viewerCookie: cookie('central_viewer'),
        operatorCookie: cookie('central_operator'),
      },
    },
  };
}

function operationOf(operation: Operation): Json {
  const { path, method, tag, summary, access, query, body, example, status, answer } = operation;
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const parameters = [
    ...names.map((name) => {
      const [schema, description] = parameter(path, name);
      return { name, in: 'path', required: true, schema, description };
    }),
    ...(query ? queryOf(query, example?.query) : []),
  ];
  return {
    operationId: `${method}${path.replaceAll(/[^A-Za-z]+(\w)/g, (_all, first: string) => first.toUpperCase()).replaceAll(/\W/g, '')}`,
    tags: [tag],
    summary,
    security: SECURITY[access],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body
      ? {
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: schemaOf(body),
                ...(example?.body ? { example: example.body } : {}),
              },
            },
          },
        }
      : {}),
    responses: {
      [status]: {
        description: status === 204 ? 'Done' : status === 202 ? 'Kept, and on its way' : 'The answer',
        ...(status === 204
          ? {}
          : { content: { 'application/json': { schema: answer ? schemaOf(answer, 'output') : {} } } }),
      },
      ...problemsOf(operation),
    },
  };
}

function problemsOf({ access, body, query, problems = [] }: Operation): Json {
  const codes = new Set<ProblemCode>(problems);
  if (body ?? query) codes.add('bad-request');
  if (access !== 'anybody') codes.add('not-signed-in');
  const byStatus = Map.groupBy([...codes], (code) => PROBLEM_CODES[code]);
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, of]) => [
        status,
        {
          description: of.join(', '),
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      ]),
  );
}

function queryOf(query: z.ZodType, example: Record<string, string> = {}): Json[] {
  const { required = [] } = schemaOf(query) as { required?: string[] };
  const { properties = {} } = schemaOf(query, 'output') as { properties?: Record<string, Json> };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    // What is made of text, such as a number, is unknown before it is read, and needed only where there is no default.
    required: required.includes(name) && !('default' in schema),
    schema,
    ...(name in example
      ? { example: schema['type'] === 'integer' ? Number(example[name]) : example[name] }
      : {}),
  }));
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output' = 'input'): Json {
  const { $schema: _draft, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
  return rest;
}
