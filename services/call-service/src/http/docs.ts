import { asyncApiDocument } from '@ringline/contract/asyncapi';
import { openApiDocument } from '@ringline/contract/openapi';
import express, { type NextFunction, type Request, Router } from 'express';
import { getAbsoluteFSPath } from 'swagger-ui-dist';
import { refuseOtherMethods } from './problem.ts';
import { type ApiResponse, routed } from './request.ts';

// Swagger UI's own file shows an example API. An inline script would need an exception from the
// content security policy.
const INITIALIZER = `window.onload = () => {
  window.ui = SwaggerUIBundle({
    url: '/openapi.json',
    dom_id: '#swagger-ui',
    deepLinking: true,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    plugins: [SwaggerUIBundle.plugins.DownloadUrl],
    layout: 'StandaloneLayout',
    validatorUrl: null,
  });
};
`;

const refuseAllButGet = refuseOtherMethods('get');

function allowOnlyGet(request: Request, response: ApiResponse, next: NextFunction): void {
  if (['GET', 'HEAD'].includes(request.method)) next();
  else refuseAllButGet(request, response);
}

/** Serves the contract as documents, and a page that shows them without internet access. */
export function createDocs(): Router {
  const openApi = openApiDocument();
  const asyncApi = asyncApiDocument();
  const router = Router();
  router.use(['/openapi.json', '/asyncapi.json'], allowOnlyGet);
  router.get('/openapi.json', routed('/openapi.json'), (_request, response) => {
    response.json(openApi);
  });
  router.get('/asyncapi.json', routed('/asyncapi.json'), (_request, response) => {
    response.json(asyncApi);
  });
  router.get('/docs/swagger-initializer.js', routed('/docs'), (_request, response) => {
    response.type('text/javascript').send(INITIALIZER);
  });
  router.use('/docs', routed('/docs'), allowOnlyGet, express.static(getAbsoluteFSPath()));
  return router;
}
