"""
What a page says, in each language. Every language has every text; a test sees to it.

Texts are plain: they are escaped like everything else. `{…}` stands for what is put in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from belvo_async.errors import InvalidArgumentError, wrong_type


LANGUAGES: Final[Mapping[str, str]] = {"es": "Español", "pt": "Português", "en": "English"}
"""By code, each called by its own name; the first is taken where nothing else tells."""

Texts = Mapping[str, str]

ES: Final[Texts] = {
    "title": "Confirma con tu banco",
    "languages": "Idioma",
    "text.heading": "Ingresa tu código",
    "numeric.heading": "Usa este número",
    "qr.heading": "Escanea el código QR",
    "inputless.heading": "Confirma en tu teléfono",
    "unknown.heading": "Tu banco pide una confirmación",
    "text.hint": "Ingresa el código que te envió tu banco.",
    "numeric.hint": "Escribe este número en tu dispositivo de seguridad e ingresa el código que te muestra.",
    "qr.hint": "Escanea este código con la aplicación de tu banco.",
    "inputless.hint": "Abre la aplicación de tu banco y confirma el acceso. Después regresa a esta página.",
    "unknown.hint": "Sigue las indicaciones de tu banco.",
    "number": "Número para tu dispositivo",
    "qr.label": "Código QR para la aplicación de tu banco",
    "qr.text": "¿No puedes escanearlo? Ver su contenido como texto",
    "token": "Código",
    "token.hint": "Es de un solo uso. Nadie de nuestro equipo te lo pedirá.",
    "send": "Enviar",
    "confirmed": "Ya lo confirmé en mi teléfono",
    "scanned": "Ya lo escaneé y confirmé",
    "decline": "No quiero continuar",
    "left": "Tiempo restante",
    "left.minutes": "{minutes} min {seconds} s",
    "left.loaded": "al abrir esta página",
    "left.soon": "Queda menos de un minuto.",
    "again": "Tu banco vuelve a preguntar. Si ya ingresaste un código, era incorrecto o hace falta otro: usa el nuevo.",
    "duplicate": "Ya había una respuesta para este paso. La última no se usó.",
    "late": "Tu respuesta llegó tarde y no se usó.",
    "token.empty": "Ingresa el código.",
    "token.wrong": "Esto no puede ser un código. Revisa que esté completo y sin saltos de línea.",
    "resend": "No pudimos contactar a tu banco y no se envió nada. Inténtalo otra vez.",
    "beginning.heading": "Conectando con tu banco",
    "beginning": "Puede tardar unos minutos. Esta página avanza sola.",
    "checking.heading": "Tu banco está revisando tu respuesta",
    "checking": "Puede tardar unos minutos. Esta página avanza sola; no hace falta enviar nada más.",
    "done.heading": "Listo",
    "done": "Tu banco confirmó el acceso. Ya puedes cerrar esta página.",
    "declined.heading": "Cancelado",
    "declined": "Ya no se envía nada a tu banco.",
    "expired.heading": "Se acabó el tiempo",
    "expired": "Tu banco dejó de esperar. Para intentarlo de nuevo, empieza otra vez: te enviará un código nuevo.",
    "rejected.heading": "Tu banco no aceptó el acceso",
    "rejected": "Revisa tus datos antes de empezar otra vez: varios intentos fallidos pueden bloquear tu cuenta.",
    "inactive.heading": "Activa primero el acceso en línea",
    "inactive": "Tu banco todavía no permite el acceso con estos datos. Actívalo con tu banco y después empieza otra vez.",
    "failed.heading": "No pudimos completar la conexión",
    "failed": "Algo salió mal. Inténtalo más tarde.",
    "unknown_end.heading": "No sabemos si funcionó",
    "unknown_end": "Se perdió la respuesta de tu banco. Antes de empezar otra vez, revisa si la conexión ya está hecha.",
    "answered.heading": "Ya respondiste",
    "answered": "Este paso ya tiene una respuesta y no se puede enviar otra.",
    "gone.heading": "Esta página ya no existe",
    "gone": "El enlace no es válido, venció o es de otra persona.",
    "refused.heading": "No pudimos aceptar el formulario",
    "refused": "Regresa a la página y envíalo desde ahí.",
    "continue": "Continuar",
    "restart": "Empezar otra vez",
    "reload": "Actualizar",
}

PT: Final[Texts] = {
    "title": "Confirme com o seu banco",
    "languages": "Idioma",
    "text.heading": "Digite o seu código",
    "numeric.heading": "Use este número",
    "qr.heading": "Escaneie o código QR",
    "inputless.heading": "Confirme no seu celular",
    "unknown.heading": "O seu banco pede uma confirmação",
    "text.hint": "Digite o código que o seu banco enviou.",
    "numeric.hint": "Digite este número no seu dispositivo de segurança e informe o código que ele mostrar.",
    "qr.hint": "Escaneie este código com o aplicativo do seu banco.",
    "inputless.hint": "Abra o aplicativo do seu banco e confirme o acesso. Depois volte a esta página.",
    "unknown.hint": "Siga as instruções do seu banco.",
    "number": "Número para o seu dispositivo",
    "qr.label": "Código QR para o aplicativo do seu banco",
    "qr.text": "Não consegue escanear? Ver o conteúdo como texto",
    "token": "Código",
    "token.hint": "Vale uma única vez. Ninguém da nossa equipe vai pedi-lo.",
    "send": "Enviar",
    "confirmed": "Já confirmei no meu celular",
    "scanned": "Já escaneei e confirmei",
    "decline": "Não quero continuar",
    "left": "Tempo restante",
    "left.minutes": "{minutes} min {seconds} s",
    "left.loaded": "ao abrir esta página",
    "left.soon": "Falta menos de um minuto.",
    "again": "O seu banco pergunta de novo. Se já digitou um código, ele estava errado ou falta outro: use o novo.",
    "duplicate": "Já havia uma resposta para esta etapa. A última não foi usada.",
    "late": "A sua resposta chegou tarde e não foi usada.",
    "token.empty": "Digite o código.",
    "token.wrong": "Isto não pode ser um código. Veja se está completo e sem quebras de linha.",
    "resend": "Não conseguimos falar com o seu banco e nada foi enviado. Tente de novo.",
    "beginning.heading": "Conectando ao seu banco",
    "beginning": "Pode levar alguns minutos. Esta página avança sozinha.",
    "checking.heading": "O seu banco está verificando a resposta",
    "checking": "Pode levar alguns minutos. Esta página avança sozinha; não é preciso enviar mais nada.",
    "done.heading": "Pronto",
    "done": "O seu banco confirmou o acesso. Já pode fechar esta página.",
    "declined.heading": "Cancelado",
    "declined": "Nada mais é enviado ao seu banco.",
    "expired.heading": "O tempo acabou",
    "expired": "O seu banco parou de esperar. Para tentar de novo, comece outra vez: ele enviará um novo código.",
    "rejected.heading": "O seu banco não aceitou o acesso",
    "rejected": "Revise os seus dados antes de começar outra vez: várias tentativas erradas podem bloquear a conta.",
    "inactive.heading": "Ative primeiro o acesso on-line",
    "inactive": "O seu banco ainda não permite o acesso com estes dados. Ative-o no seu banco e depois comece outra vez.",
    "failed.heading": "Não conseguimos completar a conexão",
    "failed": "Algo deu errado. Tente de novo mais tarde.",
    "unknown_end.heading": "Não sabemos se funcionou",
    "unknown_end": "A resposta do seu banco se perdeu. Antes de começar outra vez, veja se a conexão já está feita.",
    "answered.heading": "Você já respondeu",
    "answered": "Esta etapa já tem uma resposta e não é possível enviar outra.",
    "gone.heading": "Esta página não existe mais",
    "gone": "O link não é válido, venceu ou é de outra pessoa.",
    "refused.heading": "Não pudemos aceitar o formulário",
    "refused": "Volte à página e envie a partir dela.",
    "continue": "Continuar",
    "restart": "Começar outra vez",
    "reload": "Atualizar",
}

EN: Final[Texts] = {
    "title": "Confirm with your bank",
    "languages": "Language",
    "text.heading": "Enter your code",
    "numeric.heading": "Use this number",
    "qr.heading": "Scan the QR code",
    "inputless.heading": "Confirm on your phone",
    "unknown.heading": "Your bank wants a confirmation",
    "text.hint": "Enter the code that your bank has sent you.",
    "numeric.hint": "Type this number into your security device and enter the code that it shows.",
    "qr.hint": "Scan this code with your bank's app.",
    "inputless.hint": "Open your bank's app and confirm the login. Then come back to this page.",
    "unknown.hint": "Do as your bank tells you.",
    "number": "Number for your device",
    "qr.label": "QR code for your bank's app",
    "qr.text": "Cannot scan it? Show what it holds as text",
    "token": "Code",
    "token.hint": "It works once. Nobody of our team will ever ask you for it.",
    "send": "Send",
    "confirmed": "I have confirmed it on my phone",
    "scanned": "I have scanned and confirmed it",
    "decline": "I do not want to go on",
    "left": "Time left",
    "left.minutes": "{minutes} min {seconds} s",
    "left.loaded": "when this page was opened",
    "left.soon": "Less than a minute is left.",
    "again": "Your bank asks again. If you have entered a code, it was wrong or another one is needed: use the new one.",
    "duplicate": "There was an answer to this step already. The last one was not used.",
    "late": "Your answer came too late and was not used.",
    "token.empty": "Enter the code.",
    "token.wrong": "This cannot be a code. Check that it is complete and has no line breaks.",
    "resend": "Your bank could not be reached and nothing was sent. Try again.",
    "beginning.heading": "Connecting to your bank",
    "beginning": "This may take some minutes. The page goes on by itself.",
    "checking.heading": "Your bank is checking your answer",
    "checking": "This may take some minutes. The page goes on by itself; there is nothing more to send.",
    "done.heading": "Done",
    "done": "Your bank has confirmed the login. You can close this page.",
    "declined.heading": "Cancelled",
    "declined": "Nothing more is sent to your bank.",
    "expired.heading": "Time is up",
    "expired": "Your bank has stopped waiting. To try again, start over: it will send you a new code.",
    "rejected.heading": "Your bank did not accept the login",
    "rejected": "Check your details before you start over: several failures can lock your account.",
    "inactive.heading": "Activate online access first",
    "inactive": "Your bank does not allow access with these details yet. Activate it with your bank, then start over.",
    "failed.heading": "The connection to your bank did not work",
    "failed": "Something went wrong. Try again later.",
    "unknown_end.heading": "We cannot tell whether it worked",
    "unknown_end": "Your bank's reply got lost. Before you start over, look whether the connection is there.",
    "answered.heading": "You have answered already",
    "answered": "This step has an answer, and no other can be sent.",
    "gone.heading": "This page is not there any more",
    "gone": "The link is not valid, has expired, or is somebody else's.",
    "refused.heading": "The form was not accepted",
    "refused": "Go back to the page and send it from there.",
    "continue": "Continue",
    "restart": "Start over",
    "reload": "Refresh",
}

TEXTS: Final[Mapping[str, Texts]] = {"es": ES, "pt": PT, "en": EN}


def with_own(own: Mapping[str, Texts]) -> Mapping[str, Texts]:
    """
    Return all texts, with some of them replaced by *own*, by language and name.

    Raises:
        InvalidArgumentError: There is no such language or text.
    """
    if not isinstance(own, Mapping):
        raise wrong_type("texts", "texts by language and name", own)
    for language, texts in own.items():
        if not isinstance(texts, Mapping) or not all(isinstance(text, str) for text in texts.values()):
            raise wrong_type(f"texts[{language!r}]", "texts by name", texts)
        unknown = sorted(set(texts) - set(EN))
        if language not in TEXTS or unknown:
            raise InvalidArgumentError(
                argument="texts",
                expected="names of `belvo_async.web.texts.EN`, by es, pt or en",
                found=f"{language}: {', '.join(unknown) or 'a language'}",
            )
    return {language: {**texts, **own.get(language, {})} for language, texts in TEXTS.items()}


def preferred(header: str, default: str) -> str:
    """
    Return the language that an `Accept-Language` likes best of ours; *default* if it names none.
    """
    liked: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")[:20]):
        tag, _, quality = part.partition(";")
        code = tag.strip().partition("-")[0].lower()
        weight = _weight(quality)
        if code in LANGUAGES and weight > 0:
            liked.append((-weight, place, code))
    return min(liked)[2] if liked else default


def _weight(quality: str) -> float:
    name, _, value = quality.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
