{{- /* What all hubs have in common. Flags, not a file: "kubectl describe" shows them. */ -}}

{{- define "hub.fullname" -}}{{ .Release.Name }}{{- end -}}

{{- define "hub.selector" -}}
app.kubernetes.io/name: hub
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "hub.args" -}}
- serve
- --instance=$(POD_NAME)
- --listen=:8080
- --internal-listen=:8081
- --health-listen=:8082
- --api-key-file=/etc/hub/secrets/api-keys
{{- if .Values.tokens.jwksUrl }}
- --jwks-url={{ .Values.tokens.jwksUrl }}
{{- else }}
- --jwt-secret-file=/etc/hub/secrets/jwt-secret
{{- end }}
{{- if .Values.tokens.issuer }}
- --jwt-issuer={{ .Values.tokens.issuer }}
{{- end }}
{{- if .Values.tokens.audience }}
- --jwt-audience={{ .Values.tokens.audience }}
{{- end }}
{{- if .Values.internalTLS.secret }}
- --internal-tls-cert=/etc/hub/internal-tls/tls.crt
- --internal-tls-key=/etc/hub/internal-tls/tls.key
{{- end }}
- --drain-delay={{ .Values.drain.delay }}s
- --drain-window={{ .Values.drain.window }}s
- --shutdown-timeout={{ .Values.drain.timeout }}s
{{- range $name, $value := .Values.settings }}
- --{{ $name }}={{ $value }}
{{- end }}
{{- end -}}

{{- define "hub.container" -}}
image: {{ printf "%s:%s" .Values.image.repository .Values.image.tag | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
env:
  - name: POD_NAME
    valueFrom: {fieldRef: {fieldPath: metadata.name}}
{{- if .Values.drain.preStop }}
lifecycle:
  preStop:   # hands the streams over; SIGTERM then ends the hub at once, or does the same if this fails
    exec:
      command:
        - /hub
        - drain
        - --wait
        - --api-key-file=/etc/hub/secrets/api-keys
        {{- if .Values.internalTLS.secret }}
        - --url=https://127.0.0.1:8081
        - --internal-ca=/etc/hub/internal-tls/ca.crt
        - --internal-server-name={{ include "hub.fullname" . }}-internal
        {{- else }}
        - --url=http://127.0.0.1:8081
        {{- end }}
{{- end }}
startupProbe:   # the log was reached, and the window read from it
  httpGet: {path: /startupz, port: health}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:  # does not depend on the log: a restart would cost all streams and mend nothing
  httpGet: {path: /livez, port: health}
  periodSeconds: 10
  timeoutSeconds: 2
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: health}
  periodSeconds: 3
  timeoutSeconds: 4
  failureThreshold: 2   # 6 s, within the 10 s of --drain-delay
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{- define "hub.security" -}}
automountServiceAccountToken: false
enableServiceLinks: false   # a service named hub shall not look like settings (HUB_..)
terminationGracePeriodSeconds: {{ add .Values.drain.timeout 15 }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "hub.spread" -}}
topologySpreadConstraints:
  {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        app.kubernetes.io/component: {{ $.component }}
        app.kubernetes.io/instance: {{ $.release }}
  {{- end }}
{{- end -}}
