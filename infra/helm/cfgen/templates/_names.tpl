{{/* Name of everything of this release. */}}
{{- define "cfgen.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 36 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" (.Release.Name | trunc 30 | trimSuffix "-") .Chart.Name -}}
{{- end -}}
{{- end -}}

{{/* Labels by which the pods of an app are found; they never change. Takes (dict "root" $ "app" name). */}}
{{- define "cfgen.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .app }}
{{- end -}}

{{- define "cfgen.labels" -}}
{{ include "cfgen.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "cfgen.image" -}}
{{- with .root.Values.image -}}
{{- if .registry }}{{ trimSuffix "/" .registry }}/{{ end -}}
{{- .repository }}/{{ $.app }}:{{ dig $.app "tag" "" $.root.Values.apps | default .tag | default $.root.Chart.AppVersion -}}
{{- end -}}
{{- end -}}

{{/* Of every pod: an ordinary user without rights, and no token of the API of Kubernetes, which nothing here asks. */}}
{{- define "cfgen.pod" -}}
automountServiceAccountToken: false
# The variables that Kubernetes makes of services begin with CFGEN_ too, and an unknown one is refused.
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "cfgen.container" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end -}}
